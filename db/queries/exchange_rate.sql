-- name: lock_exchange_rates
-- One import of rates at a time: ids of imports are in the order in which these take effect.
lock table exchange_rate in share row exclusive mode;

-- name: write_exchange_rates
-- The rates $3 (units of a currency for one euro) of the currencies $1 on the days $2 replace those that differ; how
-- many were new and how many had another value.
with
known as (
    select given.currency, given.day, given.units_per_eur, exchange_rate.units_per_eur as before
    from unnest($1::text[], $2::date[], $3::numeric[]) as given (currency, day, units_per_eur)
    left join exchange_rate on exchange_rate.currency = given.currency and exchange_rate.day = given.day
),
written as (
    insert into exchange_rate (currency, day, units_per_eur)
    select currency, day, units_per_eur
    from known
    where before is distinct from units_per_eur
    on conflict (currency, day) do update set units_per_eur = excluded.units_per_eur
)
select
    count(*) filter (where before is null) as added,
    count(*) filter (where before <> units_per_eur) as replaced
from known;

-- name: record_exchange_rates
insert into exchange_rate_import (
    imported_at, file_name, file_hash, rate_count, added_count, replaced_count, currencies, since, until
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: exchange_rates_on
-- The rates of the currencies $1 on exactly the days $2, side by side.
select exchange_rate.currency, exchange_rate.day, exchange_rate.units_per_eur
from unnest($1::text[], $2::date[]) as wanted (currency, day)
join exchange_rate on exchange_rate.currency = wanted.currency and exchange_rate.day = wanted.day
order by exchange_rate.currency, exchange_rate.day;

-- name: rated_days
-- Of the windows from $3 to before $4, side by side: on how many days money of the currency $1 takes a rate of an
-- earlier day to become money of $2, on how many there is none, and the day of the last rate that is taken. The euro
-- has one every day, any other currency from its first one on: so that only days with rates are read.
select
    wanted.place::integer as place,
    wanted.until - wanted.since - unrated.days - own_rates.days as earlier_rate_days,
    unrated.days as no_rate_days,
    case when unrated.days < wanted.until - wanted.since then least(own.last, target.last) end as last_rate_day
from unnest($1::text[], $2::text[], $3::date[], $4::date[])
    with ordinality as wanted (currency, target, since, until, place)
cross join lateral (
    select
        case when wanted.currency = 'EUR' then wanted.since else min(day) end as first,
        case when wanted.currency = 'EUR' then wanted.until - 1 else max(day) end as last
    from exchange_rate
    where currency = wanted.currency and day < wanted.until
) as own
cross join lateral (
    select
        case when wanted.target = 'EUR' then wanted.since else min(day) end as first,
        case when wanted.target = 'EUR' then wanted.until - 1 else max(day) end as last
    from exchange_rate
    where currency = wanted.target and day < wanted.until
) as target
cross join lateral (
    select
        case
            when own.first is null or target.first is null then wanted.until - wanted.since
            else greatest(own.first, target.first, wanted.since) - wanted.since
        end as days
) as unrated
cross join lateral (
    select count(*)::integer as days
    from (
        select day
        from exchange_rate
        where currency = any(array[wanted.currency, wanted.target]) and day >= wanted.since and day < wanted.until
        group by day
        having count(*) = (wanted.currency <> 'EUR')::integer + (wanted.target <> 'EUR')::integer
    ) as rated
) as own_rates
where wanted.since < wanted.until
order by wanted.place;

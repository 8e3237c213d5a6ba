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
-- earlier day to become money of $2, on how many there is none, and the day of the last rate that is taken.
select
    wanted.place::integer as place,
    count(*) filter (where least(own.day, target.day) < asked.day and own.day is not null and target.day is not null)
        as earlier_rate_days,
    count(*) filter (where own.day is null or target.day is null) as no_rate_days,
    max(least(own.day, target.day)) filter (where own.day is not null and target.day is not null) as last_rate_day
from unnest($1::text[], $2::text[], $3::date[], $4::date[])
    with ordinality as wanted (currency, target, since, until, place)
cross join lateral (
    select wanted.since + later.days as day from generate_series(0, wanted.until - wanted.since - 1) as later (days)
) as asked
left join lateral (
    select asked.day where wanted.currency = 'EUR'
    union all
    (
        select exchange_rate.day
        from exchange_rate
        where exchange_rate.currency = wanted.currency and exchange_rate.day <= asked.day
        order by exchange_rate.day desc
        limit 1
    )
) as own on true
left join lateral (
    select asked.day where wanted.target = 'EUR'
    union all
    (
        select exchange_rate.day
        from exchange_rate
        where exchange_rate.currency = wanted.target and exchange_rate.day <= asked.day
        order by exchange_rate.day desc
        limit 1
    )
) as target on true
group by wanted.place
order by wanted.place;

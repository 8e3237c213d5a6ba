-- What must be answered: the metrics of every block of numbers with their reasons, and how they changed.

-- name: numbers
create or replace temp table summed as
select cell.cell, additive.metric, additive.money, additive.scale,
    count(told.teller) as tellers,
    count(*) filter (where told.teller is not null and told.value is null) as lacking,
    coalesce(
        list_sort(list(distinct (told.teller, told.day)) filter (where told.teller is not null and told.value is null)),
        []
    ) as lackers,
    coalesce(sum(told.value), 0)::hugeint as exact,
    coalesce(fsum(told.value * factor.factor), 0) as converted,
    count(*) filter (where told.value <> 0 and factor.factor is null) as unrated
from cell
cross join additive
join money using (q, side)
left join part on part.q = cell.q
left join (
    cell_day join told on told.day = cell_day.day
) on cell_day.q = cell.q and cell_day.side = cell.side and cell_day.bucket is not distinct from cell.bucket
    and told.entity = part.entity and told.metric = additive.metric
left join account on account.id = part.account
left join lateral (
    select if(account.currency = money.target, 1.0, wanted.units / own.units) as factor
    from (select 1)
    left join held as own on own.currency = account.currency and own.day = told.day
    left join held as wanted on wanted.currency = money.target and wanted.day = told.day
) as factor on true
group by cell.cell, additive.metric, additive.money, additive.scale;

create or replace temp table number as
select summed.cell, summed.metric, summed.lackers, summed.money and money.target is not null as was_converted,
    case
        when tellers = 0 then 'NOT_IMPORTED'
        when lacking = tellers then 'NOT_REPORTED'
        when summed.money and money.mixed then 'MIXED_CURRENCY'
        when summed.money and money.target is not null and unrated > 0 then 'NO_RATE'
        when lacking > 0 then 'PARTLY_REPORTED'
    end as reason,
    if(
        reason is not null and reason <> 'PARTLY_REPORTED', null,
        if(was_converted, converted, exact::double) / summed.scale
    ) as value,
    summed.exact, summed.scale
from summed
join cell using (cell)
join money using (q, side)
union all
-- Reach is what was reported for exactly the entity and the day.
select cell.cell, 'reach', [], false,
    case
        when own.reach is not null then null
        when not exists (from summed where summed.cell = cell.cell and summed.metric = 'spend' and tellers > 0)
            then 'NOT_IMPORTED'
        when exists (
            from reached join below on below.entity = reached.entity join part on part.entity = below.ancestor
            join cell_day on cell_day.day = reached.day
            where part.q = cell.q and cell_day.q = cell.q and cell_day.side = cell.side
                and cell_day.bucket is not distinct from cell.bucket
        ) then 'NOT_ADDITIVE'
        else 'NOT_REPORTED'
    end,
    own.reach::double, own.reach, 1
from cell
join asked using (q)
left join reached as own
    on asked.level > 0 and own.entity = asked.entity and cell.days = 1 and own.day = cell.since;

create or replace temp table answer as
with input as (
    select plus.cell, derived.*, asked.floored,
        plus.value as plus_value, plus.reason as plus_reason, minus.value as minus_value, minus.reason as minus_reason,
        bottom.value as bottom_value, bottom.reason as bottom_reason,
        derived.minus is not null and plus.lackers <> minus.lackers as parted_above,
        derived.bottom is not null and (plus.lackers <> bottom.lackers or coalesce(minus.lackers <> bottom.lackers, false))
            as parted,
        -- Integers are taken from each other before anything is rounded.
        if(
            derived.minus is null, plus.value,
            if(plus.was_converted, plus.value - minus.value, (plus.exact - minus.exact)::double / plus.scale)
        ) as top,
        greatest(
            bottom.value,
            if(asked.floored, if(derived.bottom in ('spend', 'conversionValue'), 0.01, 1), bottom.value)
        ) as under,
        -- How large what was subtracted is: what is lost by rounding is a part of that.
        abs(plus.value) + coalesce(abs(minus.value), 0) as size
    from derived
    join number as plus on plus.metric = derived.plus
    left join number as minus on minus.cell = plus.cell and minus.metric = derived.minus
    left join number as bottom on bottom.cell = plus.cell and bottom.metric = derived.bottom
    join cell on cell.cell = plus.cell
    join asked using (q)
),
judged as (
    select *,
        case
            when plus_value is null then plus_reason
            when minus is not null and minus_value is null then minus_reason
            when parted_above then 'PARTLY_REPORTED'
            when bottom is null then coalesce(plus_reason, minus_reason)
            when bottom_value is null then bottom_reason
            when parted then 'PARTLY_REPORTED'
            when under = 0 then 'ZERO_DENOMINATOR'
        end as reason,
        plus_value is null or (minus is not null and minus_value is null) or parted_above
            or (bottom is not null and (bottom_value is null or parted or under = 0)) as missing
    from input
)
select cell, metric, reason, if(missing, null, if(bottom is null, top, factor * top / under)) as value,
    if(missing, null, if(bottom is null, size, factor * size / under)) as size, true as divided
from judged
union all
select cell, metric, reason, value, abs(value), was_converted from number;

-- name: changes
create or replace temp table changed as
with pair as (
    select now.q, metric.metric, current.value as value, before.value as previous, current.reason as why,
        before.reason as why_before, coalesce(current.size, 0) + coalesce(before.size, 0) as size,
        money.codes <> was.codes and metric.metric in (
            'spend', 'conversionValue', 'cpa', 'cpc', 'cpm', 'linkCpc', 'aov', 'profit'
        ) as other_money,
        case
            when metric.metric in ('spend', 'impressions', 'frequency') then 0
            when metric.metric in ('cpa', 'cpc', 'cpm', 'linkCpc') then -1
            else 1
        end as better
    from cell as now
    join cell as earlier on earlier.q = now.q and earlier.side = 'previous' and earlier.bucket is null
    join answer as current on current.cell = now.cell
    join (select distinct metric from answer) as metric on metric.metric = current.metric
    join answer as before on before.cell = earlier.cell and before.metric = metric.metric
    join money on money.q = now.q and money.side = 'current'
    join money as was on was.q = now.q and was.side = 'previous'
    where now.side = 'current' and now.bucket is null
)
select q, metric, size,
    value is not null and previous is not null and not other_money as known,
    if(known, value - previous, null) as absolute,
    case
        when not known then null
        when previous <> 0 then 100 * (value - previous) / abs(previous)
        when value = 0 then 0
    end as percent,
    case
        when value is null or previous is null then 'NO_BASELINE'
        when other_money then 'MIXED_CURRENCY'
        when previous = 0 and value <> 0 then 'ZERO_BASELINE'
        else coalesce(why, why_before)
    end as reason,
    case
        when not known then 'UNKNOWN'
        when better = 0 or absolute = 0 then 'NEUTRAL'
        when (absolute > 0) = (better > 0) then 'BETTER'
        else 'WORSE'
    end as verdict,
    100 * size / abs(previous) as percent_size
from pair;
-- Whether all days of both sides are over and covered, everywhere.
create or replace temp table comparing as
select earlier.q, earlier.since, earlier.until, exists (
    from side
    join part using (q)
    join entity on entity.id = part.entity
    join today on today.account = part.account
    cross join generate_series(0, side.until - side.since - 1) as step (n)
    where side.q = earlier.q and (
        side.since + step.n::integer >= today.day or not exists (
            from covered
            where covered.account = part.account and covered.level = entity.level
                and covered.day = side.since + step.n::integer
        )
    )
) or not exists (from part where part.q = earlier.q) as partial
from side as earlier
where earlier.side = 'previous';

-- name: answers
-- A day is missing that any part's imports do not cover; where there is no part, none is known.
select asked.q, asked.since, asked.until, money.currency, (
    select count(*) from calendar
    where calendar.day >= asked.since and calendar.day < asked.until and (
        not exists (from part where part.q = asked.q) or exists (
        from part join entity on entity.id = part.entity
        where part.q = asked.q and not exists (
            from covered
            where covered.account = part.account and covered.level = entity.level and covered.day = calendar.day
        )
    ))
) as missing
from asked
join money on money.q = asked.q and money.side = 'current'
order by asked.q;

-- name: exchanged
-- Of each currency that is converted: by which days' rates, over the days of the window that have begun.
with converted as (
    select asked.q, account.currency, money.target, asked.since, max(least(asked.until, today.day + 1)) as until
    from asked
    join money on money.q = asked.q and money.side = 'current'
    join part on part.q = asked.q
    join account on account.id = part.account
    join today on today.account = account.id
    where money.target <> account.currency
    group by asked.q, account.currency, money.target, asked.since
)
select converted.q, converted.currency,
    count(*) filter (where least(own.rate_day, wanted.rate_day) < calendar.day and own.units * wanted.units is not null),
    count(*) filter (where own.units * wanted.units is null),
    max(if(own.units * wanted.units is null, null, least(own.rate_day, wanted.rate_day)))
from converted
join calendar on calendar.day >= converted.since and calendar.day < converted.until
left join held as own on own.currency = converted.currency and own.day = calendar.day
left join held as wanted on wanted.currency = converted.target and wanted.day = calendar.day
group by converted.q, converted.currency
order by converted.q, converted.currency;

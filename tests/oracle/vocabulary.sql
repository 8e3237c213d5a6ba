-- The rules of the numbers, written for DuckDB from DESIGN.md alone. Tables that come from the world: project, account,
-- entity, batch, raw, rate, calendar, moment; and from a round of questions: question.

-- name: world
create table level as select unnest([0, 1, 2, 3, 4]) as level;
create table additive as
select unnest(['spend', 'impressions', 'clicks', 'linkClicks', 'conversions', 'conversionValue']) as metric,
    unnest([true, false, false, false, false, true]) as money,
    unnest([1000000, 1, 1, 1, 1000000, 1000000]) as scale;
create table derived (metric text, factor bigint, plus text, minus text, bottom text, money boolean, fraction boolean);
insert into derived values
    ('profit', 1, 'conversionValue', 'spend', null, true, false),
    ('cpa', 1, 'spend', null, 'conversions', true, false),
    ('cpc', 1, 'spend', null, 'clicks', true, false),
    ('cpm', 1000, 'spend', null, 'impressions', true, false),
    ('ctr', 1, 'clicks', null, 'impressions', false, true),
    ('cvr', 1, 'conversions', null, 'clicks', false, true),
    ('linkCtr', 1, 'linkClicks', null, 'impressions', false, true),
    ('linkCpc', 1, 'spend', null, 'linkClicks', true, false),
    ('linkCvr', 1, 'conversions', null, 'linkClicks', false, true),
    ('aov', 1, 'conversionValue', null, 'conversions', true, false),
    ('roas', 1, 'conversionValue', null, 'spend', false, false),
    ('roi', 1, 'conversionValue', 'spend', 'spend', false, true),
    ('frequency', 1, 'impressions', null, 'reach', false, false);

create table today as
select account.id as account, (moment.now at time zone account.timezone)::date as day from account, moment;
create table timezone_of as
select project.id as project,
    coalesce(project.timezone, if(count(distinct account.timezone) = 1, any_value(account.timezone), 'UTC')) as timezone
from project left join account on account.project = project.id
group by project.id, project.timezone;
create table below as
with recursive path as (
    select id as ancestor, id as entity from entity
    union all
    select path.ancestor, entity.id from path join entity on entity.parent = path.entity
)
select * from path;

-- What an import covers: the days it was said to, else those that it names.
create table span as
select batch.id, batch.account, batch.level, batch.replaces, coalesce(batch.since, min(raw.day)) as first,
    coalesce(batch.until - 1, max(raw.day)) as last
from batch join raw on raw.batch = batch.id
group by batch.id, batch.account, batch.level, batch.replaces, batch.since, batch.until;
-- Restating replaces each entity's day that the import names; some also remove what they no longer name.
create table fact as
select raw.* exclude (batch)
from raw join span on span.id = raw.batch
where not exists (
    select 1 from span as later
    where later.replaces and later.id > raw.batch and later.account = span.account and later.level = span.level
        and raw.day between later.first and later.last
)
qualify row_number() over (partition by raw.entity, raw.day order by raw.batch desc) = 1;
create table said as
select entity, day, metric, value
from fact
unpivot include nulls (
    value for metric in (spend, impressions, clicks, "linkClicks", conversions, "conversionValue")
);

-- On a covered day, covered at the level or below it, the metrics that no covering source reports lack.
create table covered as
with source as (
    select span.account, span.level, span.first, span.last, told.metric, bool_and(told.value is null) as lacking
    from span
    join (
        from raw
        unpivot include nulls (
            value for metric in (spend, impressions, clicks, "linkClicks", conversions, "conversionValue")
        )
    ) as told on told.batch = span.id
    group by span.id, span.account, span.level, span.first, span.last, told.metric
)
select source.account, level.level, calendar.day, source.metric, bool_and(source.lacking) as lacking
from source
join level on level.level between 1 and source.level
join calendar on calendar.day between source.first and source.last
join today on today.account = source.account and calendar.day <= today.day
group by source.account, level.level, calendar.day, source.metric;

-- What is told of each entity, day and metric, and by which row; bottom up.
create table told (entity integer, day date, metric text, teller integer, value bigint);

-- name: standing
-- An own row stands in for the children's, metric by metric.
insert into told
with own as (select said.* from said join entity on entity.id = said.entity where entity.level = $level),
children as (
    select entity.parent as entity, told.day, told.metric, told.teller, told.value
    from told join entity on entity.id = told.entity
    where entity.level = $level + 1
),
known as (
    select entity, day, metric, bool_or(value is not null) as any_value from children group by entity, day, metric
)
select entity, day, metric, entity, value from own where value is not null
union all
select children.*
from children
join known using (entity, day, metric)
left join own using (entity, day, metric)
where own.value is null and (known.any_value or own.entity is null)
union all
select own.entity, own.day, own.metric, own.entity, null
from own left join known using (entity, day, metric)
where own.value is null and not coalesce(known.any_value, false);

-- name: silence
-- What has not begun says nothing; on a covered day without a row there was nothing of what the sources report.
delete from told
using entity, today
where entity.id = told.entity and today.account = entity.account and told.day > today.day;
create table spoken as select distinct entity, day from told;
insert into told
select entity.id, covered.day, covered.metric, entity.id, if(covered.lacking, null, 0)
from entity
join covered on covered.account = entity.account and covered.level = entity.level
anti join spoken on spoken.entity = entity.id and spoken.day = covered.day;
create table reached as
select fact.entity, fact.day, fact.reach
from fact
join entity on entity.id = fact.entity
join today on today.account = entity.account and fact.day <= today.day
where fact.reach is not null;
-- The last rate on or before each day.
create table held as
select distinct known.currency, calendar.day,
    if(known.currency = 'EUR', 1.0::double, (
        select arg_max(rate.units, rate.day)
        from rate
        where rate.currency = known.currency and rate.day <= calendar.day
    )) as units,
    if(known.currency = 'EUR', calendar.day, (
        select max(rate.day)
        from rate
        where rate.currency = known.currency and rate.day <= calendar.day
    )) as rate_day
from calendar, (select currency from account union select currency from rate union select 'EUR') as known;

-- name: asked
create or replace temp table asked as
with local as (
    select question.*, if(question.members is null, entity.level, 0) as level, owner.number as project, timezone_of.timezone,
        (moment.now at time zone timezone_of.timezone)::date as today, project.week_start, project.reporting_currency
    from question
    join entity on entity.id = question.entity
    join below on below.entity = question.entity
    join entity as owner on owner.id = below.ancestor and owner.level = 0
    join project on project.id = owner.number
    join timezone_of on timezone_of.project = owner.number
    cross join moment
),
unit as (
    select *, if(preset like '%_WEEK' or preset like '%_MONTH' or preset like '%_QUARTER' or preset like '%_YEAR',
        lower(split_part(preset, '_', 2)), null) as unit
    from local
),
-- The first day of the unit that today is in, and of the one before it.
edge as (
    select *,
        if(unit = 'week', today - (isodow(today) - 1 - week_start + 7)::integer % 7, date_trunc(unit, today)::date)
            as this_one,
        if(unit = 'week', this_one - 7, date_trunc(unit, this_one - 1)::date) as last_one
    from unit
)
select edge.* exclude (since, until),
    case
        when since is not null then since
        when preset = 'TODAY' then today
        when preset = 'YESTERDAY' then today - 1
        -- All days that imports of the project know of.
        when preset = 'LIFETIME' then least(today, coalesce(
            (select min(span.first) from span join account on account.id = span.account where account.project = edge.project),
            today
        ))
        when preset like 'LAST_%_DAYS' then today - split_part(preset, '_', 2)::integer
        when preset like 'THIS_%' then this_one
        when preset like 'LAST_%' then last_one
        when last_days is not null then today - last_days::integer
        else today - 30
    end as since,
    case
        when until is not null then until
        when preset in ('TODAY', 'LIFETIME') or preset like 'THIS_%' then today + 1
        when preset like 'LAST_%' and unit is not null then this_one
        else today
    end as until
from edge;

-- What a window is compared with: by months its first and its last day move, unless both edges begin a month.
create or replace temp table side as
with moved as (
    select q, step.months, (since - to_months(step.months::integer))::date as since,
        if(
            day(since) = 1 and day(until) = 1, (until - to_months(step.months::integer))::date,
            (until - 1 - to_months(step.months::integer))::date + 1
        ) as until
    from asked, generate_series(1, 400) as step (months)
),
fewest as (
    select asked.q, min(moved.months) as months
    from asked join moved on moved.q = asked.q and moved.until <= asked.since
    group by asked.q
),
by_months as (
    select asked.q,
        case
            when against = 'PREVIOUS_YEAR' then 12
            when unit = 'month' then 1
            when unit = 'quarter' then 3
            when unit = 'year' then 12
            else fewest.months
        end as months
    from asked join fewest using (q)
    where against = 'PREVIOUS_YEAR' or against = 'PREVIOUS_CALENDAR' and unit is distinct from 'week'
)
select q, 'current' as side, since, until from asked
union all
select q, 'previous', since - (until - since)::integer, since from asked where against = 'PREVIOUS_PERIOD'
union all
select q, 'previous', since - 364, until - 364 from asked where against = 'PREVIOUS_YEAR_SAME_WEEKDAYS'
union all
select q, 'previous', since - 7, until - 7 from asked where against = 'PREVIOUS_CALENDAR' and unit = 'week'
union all
select q, 'previous', moved.since, moved.until from moved join by_months using (q, months)
union all
select q, 'previous', compared_since, compared_until from asked where compared_since is not null;

-- Of whom the numbers are: of those of a list, of a project's ad accounts (of some platforms), else of the entity itself.
create or replace temp table part as
select asked.q, entity.id as entity, entity.account
from asked
join entity on case
    when asked.members is not null then list_contains(asked.members, entity.id)
    when asked.level = 0 then entity.parent = asked.entity
    else entity.id = asked.entity
end
join account on account.id = entity.account
where asked.platforms is null or list_contains(asked.platforms, account.platform);
-- In one currency: the one asked for; of a project whose ad accounts have several, its reporting currency; else that of
-- the ad accounts that have rows in the window, of all where none has any.
create or replace temp table money as
with mine as (
    select side.q, side.side, if(account.currency = 'XXX', 'XXX ' || account.id, account.currency) as code,
        exists (
            from spoken
            where spoken.entity = part.entity and spoken.day >= side.since and spoken.day < side.until
        ) as delivered
    from side join part using (q) join account on account.id = part.account
),
target as (
    select asked.q,
        coalesce(
            any_value(asked.currency),
            if(any_value(asked.level) = 0 and count(distinct mine.code) > 1, any_value(asked.reporting_currency), null)
        ) as target
    from asked left join mine on mine.q = asked.q and mine.side = 'current'
    group by asked.q
),
delivering as (
    select * from mine
    where delivered or not exists (from mine as other where other.q = mine.q and other.side = mine.side and other.delivered)
)
select side.q, side.side, target.target,
    if(target.target is null, list_sort(list(distinct code) filter (where code is not null)), [target.target]) as codes,
    if(len(codes) = 1, left(codes[1], 3), null) as currency, len(codes) > 1 as mixed
from side
join target using (q)
left join delivering using (q, side)
group by side.q, side.side, target.target;
-- A block of numbers for each whole window and each of its buckets: days that lie alike along what it is cut by.
create or replace temp table cell_day as
with day as (
    select side.q, side.side, asked.cut, asked.week_start, side.since + step.n::integer as day
    from side join asked using (q), generate_series(0, side.until - side.since - 1) as step (n)
)
select q, side, null::text[] as bucket, day from day
union all
select q, side, list_transform(cut, lambda unit: case unit
    when 'DAY' then day::text
    when 'WEEK' then (day - (isodow(day) - 1 - week_start + 7)::integer % 7)::text
    when 'WEEKDAY' then upper(dayname(day))
    else date_trunc(lower(unit), day)::date::text
end), day
from day
where len(cut) > 0;
create or replace temp table cell as
select row_number() over (order by q, side, bucket nulls first) as cell, q, side, bucket, min(day) as since,
    max(day) + 1 as until, count(*) as days
from cell_day
group by q, side, bucket;

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

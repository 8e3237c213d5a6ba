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
-- The last rate that is no more than seven days old.
create table held as
select distinct known.currency, calendar.day,
    if(known.currency = 'EUR', 1.0::double, (
        select arg_max(rate.units, rate.day)
        from rate
        where rate.currency = known.currency and rate.day <= calendar.day and rate.day >= calendar.day - 7
    )) as units
from calendar, (select currency from account union select currency from rate union select 'EUR') as known;

-- name: asked
create or replace temp table asked as
with local as (
    select question.*, entity.level, owner.id as project, timezone_of.timezone,
        (moment.now at time zone timezone_of.timezone)::date as today
    from question
    join entity on entity.id = question.entity
    join below on below.entity = question.entity
    join entity as owner on owner.id = below.ancestor and owner.level = 0
    join timezone_of on timezone_of.project = owner.number
    cross join moment
),
begun as (
    select local.* exclude (since, until),
        case
            when since is not null then since
            when preset = 'TODAY' then today
            when preset = 'YESTERDAY' then today - 1
            when preset like 'LAST_%_DAYS' then today - split_part(preset, '_', 2)::integer
            when preset like 'THIS_%' then date_trunc(lower(split_part(preset, '_', 2)), today)::date
            when preset like 'LAST_%'
                then (date_trunc(lower(split_part(preset, '_', 2)), date_trunc(lower(split_part(preset, '_', 2)), today)
                    - interval 1 day))::date
            when last_days is not null then today - last_days::integer
            else today - 30
        end as since,
        case
            when until is not null then until
            when preset = 'TODAY' or preset like 'THIS_%' then today + 1
            when preset like 'LAST_%' and preset not like 'LAST_%_DAYS'
                then date_trunc(lower(split_part(preset, '_', 2)), today)::date
            else today
        end as until
    from local
),
several as (
    select project, count(distinct if(currency = 'XXX', 'XXX ' || id, currency)) > 1 as several
    from account group by project
)
select begun.*,
    coalesce(begun.currency, if(begun.level = 0 and several.several, owner.reporting_currency, null)) as target
from begun
join entity as top on top.id = begun.project
join project as owner on owner.id = top.number
left join several on several.project = owner.id;

-- Of whom the numbers are: of a project's ad accounts, else of the entity itself.
create or replace temp table part as
select asked.q, entity.id as entity, entity.account
from asked join entity on if(asked.level = 0, entity.parent = asked.entity, entity.id = asked.entity);
-- In one currency: the one asked for, else that of the ad accounts that have rows, of all where none has any.
create or replace temp table money as
with mine as (
    select part.q, account.id as account, if(account.currency = 'XXX', 'XXX ' || account.id, account.currency) as currency,
        exists (
            from spoken join entity on entity.id = spoken.entity
            where entity.level = 1 and entity.account = part.account and spoken.day >= asked.since
                and spoken.day < asked.until
        ) as delivered
    from part join asked using (q) join account on account.id = part.account
)
select asked.q, coalesce(asked.target, if(count(distinct chosen.currency) = 1, any_value(left(chosen.currency, 3)), null))
    as currency, asked.target is null and count(distinct chosen.currency) > 1 as mixed
from asked
left join (
    select * from mine where delivered or q not in (select q from mine where delivered)
) as chosen using (q)
group by asked.q, asked.target;
-- A block of numbers for each whole window and each of its buckets.
create or replace temp table cell as
with day as (
    select asked.q, asked.granularity, asked.since + step.n::integer as day
    from asked, generate_series(0, asked.until - asked.since - 1) as step (n)
),
bucket as (
    select q, day, if(granularity = 'DAY', day, date_trunc(lower(granularity), day)::date) as bucket from day
)
select row_number() over (order by q, bucket nulls first) as cell, *
from (
    select q, null::date as bucket, min(day) as since, max(day) + 1 as until from day group by q
    union all
    select q, bucket, min(day), max(day) + 1 from bucket group by q, bucket
);

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
join asked using (q)
left join part on part.q = cell.q
left join told
    on told.entity = part.entity and told.metric = additive.metric and told.day >= cell.since and told.day < cell.until
left join account on account.id = part.account
left join lateral (
    select if(account.currency = asked.target, 1.0, wanted.units / own.units) as factor
    from (select 1)
    left join held as own on own.currency = account.currency and own.day = told.day
    left join held as wanted on wanted.currency = asked.target and wanted.day = told.day
) as factor on true
group by cell.cell, additive.metric, additive.money, additive.scale;

create or replace temp table number as
select summed.cell, summed.metric, summed.lackers, summed.money and asked.target is not null as was_converted,
    case
        when tellers = 0 then 'NOT_IMPORTED'
        when lacking = tellers then 'NOT_REPORTED'
        when summed.money and money.mixed then 'MIXED_CURRENCY'
        when summed.money and asked.target is not null and unrated > 0 then 'NO_RATE'
        when lacking > 0 then 'PARTLY_REPORTED'
    end as reason,
    if(
        reason is not null and reason <> 'PARTLY_REPORTED', null,
        if(was_converted, converted, exact::double) / summed.scale
    ) as value,
    summed.exact, summed.scale
from summed
join cell using (cell)
join asked using (q)
join money using (q)
union all
-- Reach is what was reported for exactly the entity and the day.
select cell.cell, 'reach', [], false,
    case
        when own.reach is not null then null
        when not exists (from summed where summed.cell = cell.cell and summed.metric = 'spend' and tellers > 0)
            then 'NOT_IMPORTED'
        when exists (
            from reached join below on below.entity = reached.entity
            where below.ancestor = asked.entity and reached.day >= cell.since and reached.day < cell.until
        ) then 'NOT_ADDITIVE'
        else 'NOT_REPORTED'
    end,
    own.reach::double, own.reach, 1
from cell
join asked using (q)
left join reached as own
    on asked.level > 0 and own.entity = asked.entity and cell.until - cell.since = 1 and own.day = cell.since;

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

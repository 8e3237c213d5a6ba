-- The rules of the numbers, written for DuckDB from DESIGN.md alone: what stands for each entity and day. What comes from
-- the world are the tables project, account, entity, batch, raw, rate, calendar and moment.

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

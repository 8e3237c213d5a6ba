-- What is asked: the days, the parts and the money of each question of a round, which come as the table question.

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

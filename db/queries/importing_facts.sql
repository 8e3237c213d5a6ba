-- name: staged_repeats
-- Whether any row of the import $2 is repeated: same entity, day and part.
select exists (
    select 1
    from staged_fact
    where org_id = $1 and import_id = $2
    group by entity, day, part
    having count(*) > 1
) as found;

-- name: drop_superseded
-- Forgets the staged rows of which there is a later version, and all but the first of identical ones.
delete from staged_fact as dropped
using staged_fact as kept
where dropped.org_id = $1 and dropped.import_id = $2 and kept.org_id = $1 and kept.org_id = dropped.org_id
    and kept.import_id = $2 and kept.entity = dropped.entity and kept.day = dropped.day and kept.part = dropped.part
    and (
        kept.version > dropped.version
        or (
            kept.version = dropped.version and (kept.file, kept.line) < (dropped.file, dropped.line)
            and (
                kept.missing, kept.spend_micros, kept.impressions, kept.clicks, kept.link_clicks,
                kept.conversions_millionths, kept.conversion_value_micros, kept.reach
            ) is not distinct from (
                dropped.missing, dropped.spend_micros, dropped.impressions, dropped.clicks, dropped.link_clicks,
                dropped.conversions_millionths, dropped.conversion_value_micros, dropped.reach
            )
        )
    );

-- name: drop_contradictions
-- Forgets rows that repeat an entity, day and part with other numbers than the first such row: each, with that first.
with numbered as (
    select
        ctid as row_id, entity, day, file, line,
        first_value(file) over repeated as first_file, first_value(line) over repeated as first_line,
        row_number() over repeated as number
    from staged_fact
    where org_id = $1 and import_id = $2
    window repeated as (partition by entity, day, part order by file, line)
),
dropped as (
    delete from staged_fact
    using numbered
    where staged_fact.org_id = $1 and staged_fact.import_id = $2 and staged_fact.ctid = numbered.row_id
        and numbered.number > 1
    returning
        numbered.entity, numbered.day, numbered.file, numbered.line, numbered.first_file, numbered.first_line
)
select entity, day, file, line, first_file, first_line
from dropped
order by file, line;

-- name: drop_parts_of_whole_days
-- Forgets the parts of the days that are staged as a whole as well.
delete from staged_fact as dropped
using staged_fact as whole
where dropped.org_id = $1 and dropped.import_id = $2 and dropped.part >= 0
    and whole.org_id = $1 and whole.org_id = dropped.org_id and whole.import_id = $2 and whole.part = -1
    and whole.entity = dropped.entity and whole.day = dropped.day;

-- name: partly_reported_days
-- How many staged entity-days lack a metric in some of their parts, but not in all.
select count(*) as count
from (
    select 1
    from staged_fact
    where org_id = $1 and import_id = $2
    group by entity, day
    having bit_or(missing) <> bit_and(missing)
) as partly;

-- name: staged_days_of
-- The staged entity-days of the entities $3, for each.
select entity, count(distinct day) as days
from staged_fact
where org_id = $1 and import_id = $2 and entity = any($3::integer[])
group by entity
order by entity;

-- name: staged_days
-- What is staged of the entities numbered $3, which are in the ad accounts $4 at the levels $5: for each day how many
-- entities, and the metrics that none of their rows reports.
select placed.ad_account_id, placed.level, staged_fact.day,
    count({entities}) as entities, bit_and(staged_fact.missing) as missing
from staged_fact
join unnest($3::integer[], $4::bigint[], $5::smallint[]) as placed (entity, ad_account_id, level)
    on placed.entity = staged_fact.entity
where staged_fact.org_id = $1 and staged_fact.import_id = $2
group by placed.ad_account_id, placed.level, staged_fact.day
order by placed.ad_account_id, placed.level, staged_fact.day;

-- name: shorter_days
-- How many of the days that are staged in hours of the entities numbered $3, which are the entities $4, had more hours
-- before.
select count(*) as count
from (
    select entity, day, count(*) as hours
    from staged_fact
    where org_id = $1 and import_id = $2
    group by entity, day
    having min(part) >= 0
) as staged
join unnest($3::integer[], $4::bigint[]) as placed (entity, entity_id) on placed.entity = staged.entity
join daily_fact
    on daily_fact.org_id = $1 and daily_fact.entity_id = placed.entity_id and daily_fact.day = staged.day
    and daily_fact.hours > staged.hours;

-- name: facts_there
-- Whether any fact of the entities $2 is there from the day $3 to the day $4.
select exists (
    select 1
    from daily_fact
    where org_id = $1 and entity_id = any($2::bigint[]) and day between $3 and $4
) as found;

-- name: take_facts
-- Replaces the entity-days that are staged of the entities numbered $3, which are the entities $4 in the ad accounts $5
-- at the levels $6, as of the import $7. A day that is staged in parts is their sum; a metric that any part lacks is
-- missing, for the others alone are not the day. How many are new, and how many had other numbers before.
with taken as (
    insert into daily_fact (
        org_id, ad_account_id, entity_id, day, level, missing, spend_micros, impressions, clicks, link_clicks,
        conversions_millionths, conversion_value_micros, reach, hours, import_id
    )
    select
        $1, placed.ad_account_id, placed.entity_id, staged.day, placed.level, staged.missing,
        case when staged.missing & 1 = 0 then staged.spend_micros else 0 end,
        case when staged.missing & 2 = 0 then staged.impressions else 0 end,
        case when staged.missing & 4 = 0 then staged.clicks else 0 end,
        case when staged.missing & 8 = 0 then staged.link_clicks else 0 end,
        case when staged.missing & 16 = 0 then staged.conversions_millionths else 0 end,
        case when staged.missing & 32 = 0 then staged.conversion_value_micros else 0 end,
        staged.reach, staged.hours, $7
    from ({staged}) as staged
    join unnest($3::integer[], $4::bigint[], $5::bigint[], $6::smallint[]) as placed (
        entity, entity_id, ad_account_id, level
    ) on placed.entity = staged.entity
    order by placed.entity_id, staged.day
    {replacing}
)
select {counts};

-- name: confirm_facts
-- The staged facts of the entities numbered $3, which are the entities $4 above the ads, are as of the import $5,
-- changed or not: those below them are compared with that.
update daily_fact
set import_id = $5
from staged_fact
join unnest($3::integer[], $4::bigint[]) as placed (entity, entity_id) on placed.entity = staged_fact.entity
where daily_fact.org_id = $1 and staged_fact.org_id = $1 and staged_fact.org_id = daily_fact.org_id
    and staged_fact.import_id = $2 and daily_fact.entity_id = placed.entity_id and daily_fact.day = staged_fact.day
    and daily_fact.import_id <> $5;

-- name: cover_days
-- The ad accounts $2 are covered at the levels $3 from the days $4 to the days $5, both included, by sources that lack
-- the metrics $6, as of $7. A metric that another import reported there stays reported. How many of these days no
-- import covered before.
with covered as (
    insert into coverage (org_id, ad_account_id, level, day, missing, imported_at)
    select $1, named.ad_account_id, named.level, days.day::date, named.missing, $7
    from unnest($2::bigint[], $3::smallint[], $4::date[], $5::date[], $6::smallint[]) as named (
        ad_account_id, level, first, last, missing
    )
    cross join generate_series(named.first, named.last, interval '1 day') as days (day)
    on conflict (org_id, ad_account_id, level, day) do update set
        missing = coverage.missing & excluded.missing, imported_at = excluded.imported_at
    returning xmax = 0 as added
)
select count(*) filter (where added) as count
from covered;

-- name: remove_unnamed_facts
-- Removes the facts of the entities of level $8 of the ad accounts $5, from the days $6 to the days $7, both included, that
-- nothing staged names: of the entities numbered $3, which are the entities $4. How many, by day.
with removed as (
    delete from daily_fact
    using unnest($5::bigint[], $6::date[], $7::date[]) as covered (ad_account_id, first, last)
    join {entity} as entity on entity.org_id = $1 and entity.{account} = covered.ad_account_id
    where daily_fact.org_id = $1 and daily_fact.entity_id = entity.id and daily_fact.level = $8
        and daily_fact.day between covered.first and covered.last
        and not exists (
            select 1
            from staged_fact
            join unnest($3::integer[], $4::bigint[]) as placed (entity, entity_id)
                on placed.entity = staged_fact.entity
            where staged_fact.org_id = $1 and staged_fact.import_id = $2 and placed.entity_id = daily_fact.entity_id
                and staged_fact.day = daily_fact.day
        )
    returning daily_fact.ad_account_id, daily_fact.day
)
select ad_account_id, day, count(*) as facts
from removed
group by ad_account_id, day
order by ad_account_id, day;

-- name: clear_staged
delete from staged_fact where org_id = $1 and import_id = $2;

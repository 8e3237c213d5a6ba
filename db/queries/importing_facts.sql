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

-- name: staged_contradictions
-- Rows that repeat an entity, day and part with other numbers, each with the first row that it contradicts.
select entity, day, file, line, first_file, first_line
from (
    select
        entity, day, file, line,
        first_value(file) over repeated as first_file, first_value(line) over repeated as first_line,
        row_number() over repeated as number
    from staged_fact
    where org_id = $1 and import_id = $2
    window repeated as (partition by entity, day, part order by file, line)
) as numbered
where number > 1
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

-- name: staged_orphans
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

-- name: take_facts
-- Replaces the entity-days that are staged of the entities numbered $3, which are the entities $4 in the ad accounts $5
-- at the levels $6. A day that is staged in parts is their sum; a metric that any part lacks is missing, for the others
-- alone are not the day.
insert into daily_fact (
    org_id, ad_account_id, entity_id, day, level, missing, spend_micros, impressions, clicks, link_clicks,
    conversions_millionths, conversion_value_micros, reach
)
select
    $1, placed.ad_account_id, placed.entity_id, staged.day, placed.level, staged.missing,
    case when staged.missing & 1 = 0 then staged.spend_micros else 0 end,
    case when staged.missing & 2 = 0 then staged.impressions else 0 end,
    case when staged.missing & 4 = 0 then staged.clicks else 0 end,
    case when staged.missing & 8 = 0 then staged.link_clicks else 0 end,
    case when staged.missing & 16 = 0 then staged.conversions_millionths else 0 end,
    case when staged.missing & 32 = 0 then staged.conversion_value_micros else 0 end,
    staged.reach
from ({staged}) as staged
join unnest($3::integer[], $4::bigint[], $5::bigint[], $6::smallint[]) as placed (
    entity, entity_id, ad_account_id, level
) on placed.entity = staged.entity
order by placed.entity_id, staged.day
on conflict (org_id, entity_id, day) do update set
    ad_account_id = excluded.ad_account_id, level = excluded.level, missing = excluded.missing,
    spend_micros = excluded.spend_micros, impressions = excluded.impressions, clicks = excluded.clicks,
    link_clicks = excluded.link_clicks, conversions_millionths = excluded.conversions_millionths,
    conversion_value_micros = excluded.conversion_value_micros, reach = excluded.reach
where (
    daily_fact.ad_account_id, daily_fact.level, daily_fact.missing, daily_fact.spend_micros, daily_fact.impressions,
    daily_fact.clicks, daily_fact.link_clicks, daily_fact.conversions_millionths, daily_fact.conversion_value_micros,
    daily_fact.reach
) is distinct from (
    excluded.ad_account_id, excluded.level, excluded.missing, excluded.spend_micros, excluded.impressions,
    excluded.clicks, excluded.link_clicks, excluded.conversions_millionths, excluded.conversion_value_micros,
    excluded.reach
);

-- name: cover_days
-- The ad accounts $2 are covered at the levels $3 from the days $4 to the days $5, both included, by sources that lack
-- the metrics $6, as of $7. A metric that another import reported there stays reported.
insert into coverage (org_id, ad_account_id, level, day, missing, imported_at)
select $1, named.ad_account_id, named.level, days.day::date, named.missing, $7
from unnest($2::bigint[], $3::smallint[], $4::date[], $5::date[], $6::smallint[]) as named (
    ad_account_id, level, first, last, missing
)
cross join generate_series(named.first, named.last, interval '1 day') as days (day)
on conflict (org_id, ad_account_id, level, day) do update set
    missing = coverage.missing & excluded.missing, imported_at = excluded.imported_at;

-- name: clear_staged
delete from staged_fact where org_id = $1 and import_id = $2;

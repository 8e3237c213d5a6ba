-- name: window_reaches
-- What was reported of the entities $2 over exactly the windows from the days $3 up to the days $4.
select
    window_reach.entity_id, window_reach.since, window_reach.until, window_reach.reach, window_reach.impressions
from window_reach
join unnest($3::date[], $4::date[]) as wanted (since, until)
    on wanted.since = window_reach.since and wanted.until = window_reach.until
where window_reach.org_id = $1 and window_reach.entity_id = any($2::bigint[])
order by window_reach.entity_id, window_reach.since, window_reach.until;

-- name: life_reaches
-- What was reported of the whole lives of the entities $2, whose days are those of the timezones $3, and the day on
-- which it was: not of those that were shown, or may have been, on a later one, nor where one day alone reached more.
with said as (
    select
        window_reach.entity_id, window_reach.reach, window_reach.impressions,
        (coalesce(window_reach.extracted_at, data_import.imported_at) at time zone wanted.timezone)::date as last_day
    from unnest($2::bigint[], $3::text[]) as wanted (entity_id, timezone)
    join window_reach
        on window_reach.org_id = $1 and window_reach.entity_id = wanted.entity_id
        and window_reach.since = '-infinity' and window_reach.until = 'infinity'
    join data_import
        on data_import.org_id = $1 and data_import.org_id = window_reach.org_id
        and data_import.id = window_reach.import_id
)
select entity_id, reach, impressions, last_day
from said
where not exists (
        select 1
        from daily_fact
        where daily_fact.org_id = $1 and daily_fact.entity_id = said.entity_id
            and (
                daily_fact.reach > said.reach
                or (daily_fact.day > said.last_day and (daily_fact.impressions > 0 or daily_fact.missing & 2 <> 0))
            )
    )
    and not exists (
        select 1
        from daily_rollup
        where daily_rollup.org_id = $1 and daily_rollup.entity_id = said.entity_id
            and daily_rollup.day > said.last_day
            and (daily_rollup.impressions > 0 or daily_rollup.missing & 2 <> 0)
    )
order by entity_id;

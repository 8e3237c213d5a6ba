-- name: window_reaches
-- What was reported of the entities $2 over exactly the windows from the days $3 up to the days $4.
select window_reach.entity_id, window_reach.since, window_reach.until, window_reach.reach
from window_reach
join unnest($3::date[], $4::date[]) as wanted (since, until)
    on wanted.since = window_reach.since and wanted.until = window_reach.until
where window_reach.org_id = $1 and window_reach.entity_id = any($2::bigint[])
order by window_reach.entity_id, window_reach.since, window_reach.until;

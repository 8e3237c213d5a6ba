-- name: take_windows
-- Takes the reach $5 of the entities $2 over the windows from the days $3 up to the days $4, of the impressions $8, said
-- at $6, from the import $7, unless what is there was said later; how many are not as they were.
with taken as (
    insert into window_reach (org_id, entity_id, since, until, reach, extracted_at, import_id, impressions)
    select $1, told.entity_id, told.since, told.until, told.reach, told.extracted_at, $7, told.impressions
    from unnest($2::bigint[], $3::date[], $4::date[], $5::bigint[], $6::timestamptz[], $8::bigint[]) as told (
        entity_id, since, until, reach, extracted_at, impressions
    )
    on conflict (org_id, entity_id, since, until) do update set
        reach = excluded.reach, extracted_at = excluded.extracted_at, import_id = excluded.import_id,
        impressions = excluded.impressions
    where (window_reach.reach, window_reach.extracted_at, window_reach.impressions)
        is distinct from (excluded.reach, excluded.extracted_at, excluded.impressions)
        and (excluded.extracted_at >= window_reach.extracted_at) is not false
    returning 1
)
select count(*) as count
from taken;

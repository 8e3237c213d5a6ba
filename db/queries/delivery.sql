-- name: delivery_totals
-- What stands for each entity in $2 over its window from $3 to before $4, added up per set of missing metrics.
select fact.entity_id, fact.missing, {sums}
from unnest($2::bigint[], $3::date[], $4::date[]) as wanted (entity_id, since, until)
join {table} as fact
    on fact.org_id = $1 and fact.entity_id = wanted.entity_id
    and fact.day >= wanted.since and fact.day < wanted.until
group by fact.entity_id, fact.missing
order by fact.entity_id, fact.missing;

-- name: delivery_buckets
-- The same, for each bucket of the window.
select fact.entity_id, {bucket} as bucket, fact.missing, {sums}
from unnest($2::bigint[], $3::date[], $4::date[]) as wanted (entity_id, since, until)
join {table} as fact
    on fact.org_id = $1 and fact.entity_id = wanted.entity_id
    and fact.day >= wanted.since and fact.day < wanted.until
group by fact.entity_id, bucket, fact.missing
order by fact.entity_id, bucket, fact.missing;

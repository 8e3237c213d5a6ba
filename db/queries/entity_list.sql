-- name: listed_entities
-- Of each parent in $2, the entities of one kind at any depth below it that have one of the ids $3, external ids $4,
-- statuses $5 and platforms $7 and the text $6 in their name (null: any will do), in an order, at most $8 of them: those
-- behind the id $9 and, in an order by more than the id, the sort key $10.
select child.*
from unnest($2::bigint[]) as wanted (parent_id)
cross join lateral (
    select wanted.parent_id, leaf.*
    from {stem} as stem
    cross join lateral (
        select {columns}, {key} as sort_key
        from {table}
        where {table}.org_id = $1 and {table}.{stem_column} = stem.id and {behind}
            and ($3::bigint[] is null or {table}.id = any($3::bigint[]))
            and ($4::text[] is null or {table}.external_id = any($4::text[]))
            and ($5::text[] is null or {table}.status = any($5::text[]))
            and ($6::text is null or position(lower($6::text) in lower({table}.name)) > 0)
            and ($7::text[] is null or {table}.platform = any($7::text[]))
        order by {sort}
        limit $8
    ) as leaf
    order by {sort}
    limit $8
) as child
order by child.parent_id, {sort};

-- name: listed_entity_ids
-- The ids of all of these entities, by parent and ad account.
select
    wanted.parent_id, {table}.{ad_account_id} as ad_account_id, array_agg({table}.id order by {table}.id) as ids
from unnest($2::bigint[]) as wanted (parent_id)
cross join lateral {stem} as stem
join {table} on {table}.org_id = $1 and {table}.{stem_column} = stem.id
where ($3::bigint[] is null or {table}.id = any($3::bigint[]))
    and ($4::text[] is null or {table}.external_id = any($4::text[]))
    and ($5::text[] is null or {table}.status = any($5::text[]))
    and ($6::text is null or position(lower($6::text) in lower({table}.name)) > 0)
    and ($7::text[] is null or {table}.platform = any($7::text[]))
group by wanted.parent_id, {table}.{ad_account_id}
order by wanted.parent_id, {table}.{ad_account_id};

-- name: listed_entity_counts
-- How many of these entities each parent has.
select wanted.parent_id, count(*) as count
from unnest($2::bigint[]) as wanted (parent_id)
cross join lateral {stem} as stem
join {table} on {table}.org_id = $1 and {table}.{stem_column} = stem.id
where ($3::bigint[] is null or {table}.id = any($3::bigint[]))
    and ($4::text[] is null or {table}.external_id = any($4::text[]))
    and ($5::text[] is null or {table}.status = any($5::text[]))
    and ($6::text is null or position(lower($6::text) in lower({table}.name)) > 0)
    and ($7::text[] is null or {table}.platform = any($7::text[]))
group by wanted.parent_id
order by wanted.parent_id;

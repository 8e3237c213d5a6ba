-- name: entities_page
-- The entities of one kind with an id above $2, at most $3 of them.
select {columns}
from {table}
where org_id = $1 and id > $2
order by id
limit $3;

-- name: entity_count
-- How many entities of one kind the organization has.
select 0::bigint as parent_id, count(*) as count
from {table}
where org_id = $1;

-- name: entities_by_ids
-- The entities of one kind with the ids $2.
select {columns}
from {table}
where org_id = $1 and id = any($2::bigint[])
order by id;

-- name: entities_by_external_ids
-- The entities of one kind that the platforms $2 know under the ids $3, pairwise.
select {columns}
from unnest($2::text[], $3::text[]) as wanted (platform, external_id)
join {table} using (platform, external_id)
where {table}.org_id = $1
order by {table}.id;

-- name: children_by_parent_ids
-- Of each parent, the children behind the id $3 in their order, at most $4 of them. Parents are the nodes $2, or what is
-- on pages further down from those, each of at most as many as $5 and what follows say.
select child.*
from (
    select child.*
    from {parents}
    cross join lateral (
        select {columns}
        from {table}
        where {table}.org_id = $1 and {table}.{parent_column} = wanted.parent_id and {table}.id {behind} $3
        order by {table}.id {order}
        limit $4
    ) as child
    {at_most}
) as child
order by child.{parent_column}, child.id {order};

-- name: child_counts_by_parent_ids
-- How many children each parent in $2 has.
select {parent_column} as parent_id, count(*) as count
from {table}
where org_id = $1 and {parent_column} = any($2::bigint[])
group by {parent_column}
order by {parent_column};

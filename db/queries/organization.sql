-- name: organization_id
-- The organization named $1, created where absent.
with created as (
    insert into organization (name)
    select $1::text
    where not exists (
        select 1
        from organization
        where name = $1
    )
    on conflict (name) do nothing
    returning id
)
select id
from created
union all
select id
from organization
where name = $1
order by id;

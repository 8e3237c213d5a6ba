-- name: landed_schemas
-- The schemas that hold tables which the user may read.
select table_schema as name
from information_schema.tables
where table_schema not in ('pg_catalog', 'information_schema')
group by table_schema
order by table_schema;

-- name: landed_tables
-- The tables and views of the schema $1.
select table_name as name
from information_schema.tables
where table_schema = $1
order by table_name;

-- name: landed_rows
-- All of one table, for COPY: its name is quoted already.
select * from {table};

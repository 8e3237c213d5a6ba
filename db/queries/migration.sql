-- name: applied_migrations
-- The migrations that this database has had.
select number, name, checksum
from migration
order by number;

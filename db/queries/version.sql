-- name: data_version
-- Imports of an organization take effect one after the other, each with a higher id than the one before.
select coalesce(max(id), 0) as version
from data_import
where org_id = $1;

-- name: data_version
-- Imports of an organization take effect one after the other, each with a higher id than the one before, and every
-- change of a setting adds one: the sum grows with either.
select
    coalesce((select max(id) from data_import where org_id = $1), 0)
        + (select settings_version from organization where id = $1) as version;

-- name: data_version
-- Imports of an organization take effect one after the other, each with a higher id than the one before, and every
-- change of a setting adds one, as imports of exchange rates do for all organizations: the sum grows with each.
select
    coalesce((select max(id) from data_import where org_id = $1), 0)
        + (select settings_version from organization where id = $1)
        + coalesce((select max(id) from exchange_rate_import), 0) as version;

-- name: data_version
-- Imports of an organization take effect one after the other, each with a higher id than the one before, every change
-- of a setting adds one, as every batch of events to its project's, and imports of exchange rates count for all
-- organizations: the sum grows with each.
select
    coalesce((select max(id) from data_import where org_id = $1), 0)
        + (select settings_version from organization where id = $1)
        + (select coalesce(sum(version), 0)::bigint from conversion_version where org_id = $1)
        + coalesce((select max(id) from exchange_rate_import), 0) as version;

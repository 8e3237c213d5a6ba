-- name: reporting_by_ad_account_ids
-- Of each of the ad accounts $2, at each level, the days that an import covers which brought conversions, and what those
-- are: by what attribution, and dated how. The latest import first.
select
    covered.ad_account_id, covered.level, covered.since, covered.until,
    data_import.reported_attributions as attributions, data_import.reported_datings as datings
from data_import
cross join lateral unnest(
    data_import.covered_ad_account_ids, data_import.covered_levels, data_import.covered_since,
    data_import.covered_until
) as covered (ad_account_id, level, since, until)
where data_import.org_id = $1
    and data_import.project_id in (
        select ad_account.project_id
        from ad_account
        where ad_account.org_id = $1 and ad_account.id = any($2::bigint[])
    )
    and covered.ad_account_id = any($2::bigint[])
    and cardinality(data_import.reported_datings) > 0
order by data_import.id desc, covered.ad_account_id, covered.level, covered.since, covered.until;

-- name: ad_account_scopes_by_ids
-- Platform, currency and timezone of the ad accounts $2, and the timezone that presets of their project resolve in (its own, else
-- the one that all its ad accounts share, else UTC), and what that project has set.
select
    ad_account.id, ad_account.project_id, ad_account.platform, ad_account.currency, ad_account.timezone,
    coalesce(
        project.timezone,
        (
            select case when count(distinct sibling.timezone) = 1 then min(sibling.timezone) else 'UTC' end
            from ad_account as sibling
            where sibling.org_id = $1 and sibling.project_id = ad_account.project_id
        )
    ) as project_timezone,
    project.reporting_currency, project.conversion_source, project.conversion_events, project.attribution_click,
    project.attribution_view, project.count_by, project.week_starts_on, project.margin
from ad_account
join project on project.org_id = ad_account.org_id and project.id = ad_account.project_id
where ad_account.org_id = $1 and ad_account.id = any($2::bigint[])
order by ad_account.id;

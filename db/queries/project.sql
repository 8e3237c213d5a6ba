-- name: project_scopes_by_ids
-- The timezone that presets of the projects $2 resolve in (their own, else the one that all their ad accounts share,
-- else UTC), those ad accounts, and what the projects have set.
select
    project.id,
    coalesce(
        project.timezone,
        case when count(distinct ad_account.timezone) = 1 then min(ad_account.timezone) else 'UTC' end
    ) as timezone,
    coalesce(array_agg(ad_account.id order by ad_account.id) filter (where ad_account.id is not null), '{}')
        as ad_account_ids,
    project.reporting_currency, project.conversion_source, project.conversion_events, project.attribution_click,
    project.attribution_view, project.count_by, project.week_starts_on, project.margin
from project
left join ad_account on ad_account.org_id = project.org_id and ad_account.project_id = project.id
where project.org_id = $1 and project.id = any($2::bigint[])
group by project.org_id, project.id
order by project.id;

-- name: project_scopes_by_ids
-- The timezone that presets of the projects $2 resolve in (their own, else the one that all their ad accounts share,
-- else UTC), those ad accounts, whether they have several currencies, and what the projects have set.
select
    project.id,
    coalesce(
        project.timezone,
        case when count(distinct ad_account.timezone) = 1 then min(ad_account.timezone) else 'UTC' end
    ) as timezone,
    coalesce(array_agg(ad_account.id order by ad_account.id) filter (where ad_account.id is not null), '{}')
        as ad_account_ids,
    -- An unknown currency may be any: it is one of its own.
    count(distinct case ad_account.currency when 'XXX' then ad_account.id::text else ad_account.currency end) > 1
        as several_currencies,
    project.reporting_currency, project.conversion_source, project.conversion_events, project.attribution_click,
    project.attribution_view, project.count_by, project.week_starts_on, project.margin
from project
left join ad_account on ad_account.org_id = project.org_id and ad_account.project_id = project.id
where project.org_id = $1 and project.id = any($2::bigint[])
group by project.org_id, project.id
order by project.id;

-- name: project_first_days_by_ids
-- The first day that an import covers, or that it told anything of, of those of the projects $2 that have one.
select ad_account.project_id as id, min(known.day) as first_day
from ad_account
cross join lateral (
    select min(first.day) as day
    from generate_series(1, 4) as levels (level)
    cross join lateral (
        select coverage.day
        from coverage
        where coverage.org_id = $1 and coverage.org_id = ad_account.org_id
            and coverage.ad_account_id = ad_account.id and coverage.level = levels.level
        order by coverage.day
        limit 1
    ) as first
    union all
    (
        -- Whatever there is a fact of, it stands for the account.
        select daily_rollup.day
        from daily_rollup
        where daily_rollup.org_id = $1 and daily_rollup.org_id = ad_account.org_id
            and daily_rollup.entity_id = ad_account.id
        order by daily_rollup.day
        limit 1
    )
) as known
where ad_account.org_id = $1 and ad_account.project_id = any($2::bigint[])
group by ad_account.project_id
order by ad_account.project_id;

-- name: set_project_setting
-- One setting of the project $2: a value, or back to its default.
update project
set {column} = {value}
where org_id = $1 and id = $2
returning id;

-- name: settings_changed
-- Another version of what the organization's numbers are computed from.
update organization
set settings_version = settings_version + 1
where id = $1;

-- name: project_by_name
-- The project named $2 and what it has set.
select
    id, name, timezone, reporting_currency, conversion_source, conversion_events, attribution_click, attribution_view,
    count_by, week_starts_on, margin
from project
where org_id = $1 and name = $2
order by id;

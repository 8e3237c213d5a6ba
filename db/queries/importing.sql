-- name: lock_organization
-- One import at a time writes the tree and the facts of an organization: the others wait here for their turn.
select id from organization where id = $1 for no key update;

-- name: lift_statement_timeout
-- Until the transaction ends: an import takes as long as its files need.
select set_config('statement_timeout', '0', true) as value;

-- name: gather_statistics
-- So that queries are planned for what was just imported, rather than for empty tables.
analyze ad_account, campaign, ad_set, ad, daily_fact, daily_rollup, coverage;

-- name: next_import_id
select nextval('node_id') as id;

-- name: create_project_of_import
-- The project $2, if there was none of that name.
insert into project (org_id, name)
values ($1, $2)
on conflict (org_id, name) do nothing
returning id;

-- name: project_of_import
select id from project where org_id = $1 and name = $2;

-- name: record_import
insert into data_import (
    org_id, id, project_id, source, imported_at, fact_count, orphan_count, file_names, file_hashes,
    covered_ad_account_ids, covered_levels, covered_since, covered_until, added_count, replaced_count, removed_count,
    rejected_count, milliseconds, reported_conversions, reported_attributions, reported_datings
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21);

-- name: stored_ad_accounts
-- The ad accounts among the platforms $2 and external ids $3, with their projects.
select
    ad_account.id, ad_account.platform, ad_account.external_id, ad_account.name, ad_account.status,
    ad_account.placeholder, ad_account.currency, ad_account.timezone, ad_account.project_id,
    project.name as project_name, ad_account.id as ad_account_id, null::text as parent
from unnest($2::text[], $3::text[]) as wanted (platform, external_id)
join ad_account
    on ad_account.org_id = $1 and ad_account.platform = wanted.platform
    and ad_account.external_id = wanted.external_id
join project on project.org_id = $1 and project.org_id = ad_account.org_id and project.id = ad_account.project_id
order by ad_account.id;

-- name: stored_campaigns
-- The campaigns among the platforms $2 and external ids $3; parent is their ad account's external id.
select
    campaign.id, campaign.platform, campaign.external_id, campaign.name, campaign.status, campaign.placeholder,
    campaign.objective, campaign.budget_micros, campaign.budget_period, campaign.ad_account_id,
    ad_account.external_id as parent
from unnest($2::text[], $3::text[]) as wanted (platform, external_id)
join campaign
    on campaign.org_id = $1 and campaign.platform = wanted.platform and campaign.external_id = wanted.external_id
join ad_account
    on ad_account.org_id = $1 and ad_account.org_id = campaign.org_id and ad_account.id = campaign.ad_account_id
order by campaign.id;

-- name: stored_ad_sets
-- The ad sets among the platforms $2 and external ids $3; parent is their campaign's external id.
select
    ad_set.id, ad_set.platform, ad_set.external_id, ad_set.name, ad_set.status, ad_set.placeholder,
    ad_set.budget_micros, ad_set.budget_period, ad_set.ad_account_id, campaign.external_id as parent
from unnest($2::text[], $3::text[]) as wanted (platform, external_id)
join ad_set on ad_set.org_id = $1 and ad_set.platform = wanted.platform and ad_set.external_id = wanted.external_id
join campaign on campaign.org_id = $1 and campaign.org_id = ad_set.org_id and campaign.id = ad_set.campaign_id
order by ad_set.id;

-- name: stored_ads
-- The ads among the platforms $2 and external ids $3; parent is their ad set's external id.
select
    ad.id, ad.platform, ad.external_id, ad.name, ad.status, ad.placeholder, ad.ad_account_id,
    ad_set.external_id as parent
from unnest($2::text[], $3::text[]) as wanted (platform, external_id)
join ad on ad.org_id = $1 and ad.platform = wanted.platform and ad.external_id = wanted.external_id
join ad_set on ad_set.org_id = $1 and ad_set.org_id = ad.org_id and ad_set.id = ad.ad_set_id
order by ad.id;

-- name: write_ad_accounts
insert into ad_account (
    org_id, platform, external_id, name, status, placeholder, project_id, currency, timezone
)
select
    $1, written.platform, written.external_id, written.name, written.status, written.placeholder, $7,
    written.currency, written.timezone
from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $8::text[], $9::text[]) as written (
    platform, external_id, name, status, placeholder, currency, timezone
)
on conflict (org_id, platform, external_id) do update set
    name = excluded.name, status = excluded.status, placeholder = excluded.placeholder,
    currency = excluded.currency, timezone = excluded.timezone
returning id, platform, external_id;

-- name: write_campaigns
insert into campaign (
    org_id, platform, external_id, name, status, placeholder, ad_account_id, objective, budget_micros, budget_period
)
select
    $1, written.platform, written.external_id, written.name, written.status, written.placeholder,
    written.ad_account_id, written.objective, written.budget_micros, written.budget_period
from unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $8::text[], $9::bigint[], $10::text[]
) as written (
    platform, external_id, name, status, placeholder, ad_account_id, objective, budget_micros, budget_period
)
on conflict (org_id, platform, external_id) do update set
    name = excluded.name, status = excluded.status, placeholder = excluded.placeholder,
    ad_account_id = excluded.ad_account_id, objective = excluded.objective,
    budget_micros = excluded.budget_micros, budget_period = excluded.budget_period
returning id, platform, external_id;

-- name: write_ad_sets
insert into ad_set (
    org_id, platform, external_id, name, status, placeholder, campaign_id, ad_account_id, budget_micros, budget_period
)
select
    $1, written.platform, written.external_id, written.name, written.status, written.placeholder,
    written.campaign_id, written.ad_account_id, written.budget_micros, written.budget_period
from unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[]
) as written (
    platform, external_id, name, status, placeholder, campaign_id, ad_account_id, budget_micros, budget_period
)
on conflict (org_id, platform, external_id) do update set
    name = excluded.name, status = excluded.status, placeholder = excluded.placeholder,
    campaign_id = excluded.campaign_id, ad_account_id = excluded.ad_account_id,
    budget_micros = excluded.budget_micros, budget_period = excluded.budget_period
returning id, platform, external_id;

-- name: write_ads
insert into ad (org_id, platform, external_id, name, status, placeholder, ad_set_id, ad_account_id)
select
    $1, written.platform, written.external_id, written.name, written.status, written.placeholder,
    written.ad_set_id, written.ad_account_id
from unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $8::bigint[]
) as written (platform, external_id, name, status, placeholder, ad_set_id, ad_account_id)
on conflict (org_id, platform, external_id) do update set
    name = excluded.name, status = excluded.status, placeholder = excluded.placeholder,
    ad_set_id = excluded.ad_set_id, ad_account_id = excluded.ad_account_id
returning id, platform, external_id;

-- name: ad_accounts_with_facts
-- Those of the ad accounts $2 that have any fact.
select ad_account.id
from ad_account
where ad_account.org_id = $1 and ad_account.id = any($2::bigint[])
    and exists (
        -- Whatever there is a fact of, it stands for the account.
        select 1
        from daily_rollup
        where daily_rollup.org_id = $1 and daily_rollup.org_id = ad_account.org_id
            and daily_rollup.entity_id = ad_account.id
    )
order by ad_account.id;

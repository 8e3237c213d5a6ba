-- name: generate_project
-- The project $2, created where absent.
insert into project (org_id, name)
values ($1, $2)
on conflict (org_id, name) do update set name = excluded.name
returning id;

-- name: project_has_ad_accounts
-- Whether the project $2 has any ad account.
select exists (
    select 1
    from ad_account
    where org_id = $1 and project_id = $2
) as found;

-- name: generate_ad_account
-- One META account, in USD and UTC, whose external id is $3.
insert into ad_account (
    org_id, project_id, platform, external_id, name, currency, timezone, status, placeholder
)
values ($1, $2, 'META', $3::text, $4::text, 'USD', 'UTC', 'ACTIVE', false)
returning id;

-- name: generate_campaigns
-- $4 campaigns of the account $2, whose external id is $3.
insert into campaign (
    org_id, ad_account_id, platform, external_id, name, status, objective, budget_micros, budget_period, placeholder
)
select
    $1, $2, 'META', $3::text || '-campaign-' || made.number, 'Campaign ' || made.number, 'ACTIVE', 'OUTCOME_SALES',
    100000000::bigint * (1 + made.number % 20), 'DAILY', false
from generate_series(1, $4::bigint) as made (number)
order by made.number;

-- name: generate_ad_sets
-- $5 ad sets of the account $2, spread evenly over its $4 campaigns.
insert into ad_set (org_id, campaign_id, ad_account_id, platform, external_id, name, status, placeholder)
select
    $1, campaign.id, $2, 'META', $3::text || '-ad-set-' || made.number, 'Ad set ' || made.number, 'ACTIVE', false
from generate_series(1, $5::bigint) as made (number)
join campaign
    on campaign.org_id = $1 and campaign.platform = 'META'
    and campaign.external_id = $3::text || '-campaign-' || (1 + (made.number - 1) * $4::bigint / $5::bigint)
order by made.number;

-- name: generate_ads
-- $5 ads of the account $2, spread evenly over its $4 ad sets.
insert into ad (org_id, ad_set_id, ad_account_id, platform, external_id, name, status, placeholder)
select
    $1, ad_set.id, $2, 'META', $3::text || '-ad-' || made.number, 'Ad ' || made.number, 'ACTIVE', false
from generate_series(1, $5::bigint) as made (number)
join ad_set
    on ad_set.org_id = $1 and ad_set.platform = 'META'
    and ad_set.external_id = $3::text || '-ad-set-' || (1 + (made.number - 1) * $4::bigint / $5::bigint)
order by made.number;

-- name: generate_facts
-- A fact for each of the $4 ads of the account $2, whose external id is $3, on each of the $6 days before $5.
-- The numbers follow from the seed $7, the account's number $8, the ad's number and the day alone: 60 bits of one hash
-- are cut into five shares of 4,096, which steer impressions, price, click rate and conversion rate.
insert into daily_fact (
    org_id, ad_account_id, entity_id, day, level, missing, spend_micros, impressions, clicks, link_clicks,
    conversions_millionths, conversion_value_micros, reach
)
select
    $1, $2, delivered.entity_id, delivered.day, 4, 0,
    -- 4 to 16 USD per thousand impressions, in whole cents
    delivered.impressions * (4000 + 12000 * ((delivered.hash >> 12) & 4095) / 4095) / 10000 * 10000,
    delivered.impressions, delivered.clicks, delivered.clicks * 3 / 4,
    delivered.conversions * 1000000,
    -- an order of 20 to 100 USD
    delivered.conversions * (2000 + 8000 * ((delivered.hash >> 48) & 4095) / 4095) * 10000,
    delivered.impressions * 7 / 8
from (
    select
        clicked.entity_id, clicked.day, clicked.hash, clicked.impressions, clicked.clicks,
        -- 0 to 8 % of the clicks
        clicked.clicks * ((clicked.hash >> 36) & 4095) / 51200 as conversions
    from (
        select
            ad.id as entity_id, shown.day, shown.hash, shown.impressions,
            -- 0.5 to 3 % of the impressions
            shown.impressions * (20 + ((shown.hash >> 24) & 4095) * 100 / 4095) / 4000 as clicks
        from generate_series(1, $4::bigint) as made (number)
        join ad
            on ad.org_id = $1 and ad.platform = 'META' and ad.external_id = $3::text || '-ad-' || made.number
        cross join lateral (
            select dated.day, dated.hash, 100 + (dated.hash & 4095) as impressions
            from (
                select
                    $5::date - back.days as day,
                    hashint8extended(
                        (made.number * 100000 + ($5::date - back.days - date '2000-01-01')) * 1000 + $8::bigint,
                        $7::bigint
                    ) & 1152921504606846975 as hash
                from generate_series(1, $6::integer) as back (days)
            ) as dated
        ) as shown
    ) as clicked
) as delivered
-- day by day, as syncs leave facts behind
order by delivered.day, delivered.entity_id;

-- name: analyze_generated
-- Statistics while nothing else tells the planner how many rows there are now: the rollup needs them.
analyze campaign, ad_set, ad, daily_fact;

-- name: generate_coverage
-- The account $2 is covered at the level of ads on each of the $4 days before $3.
insert into coverage (org_id, ad_account_id, level, day, missing, imported_at)
select $1, $2, 4, $3::date - back.days, 0, $5
from generate_series(1, $4::integer) as back (days);

-- name: generate_data_import
-- Notes that $3 generated facts came into the project $2.
insert into data_import (org_id, project_id, source, imported_at, fact_count, orphan_count)
values ($1, $2, 'generate', $4, $3, 0);

-- name: vacuum_after_generate
-- Fresh statistics and visibility, without which large tables are read the slow way.
vacuum (analyze) ad_account, campaign, ad_set, ad, daily_fact, daily_rollup, coverage;

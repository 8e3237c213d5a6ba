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

-- name: generated_numbers
-- The numbers of each of $1 ads (by its number) on each of the $3 days before $2.
-- They follow from the seed $4, the account's number $5, the ad's number and the day alone: 60 bits of one hash are cut
-- into five shares of 4,096, which steer impressions, price, click rate and conversion rate.
select
    clicked.number, clicked.day,
    -- 4 to 16 USD per thousand impressions, in whole cents
    clicked.impressions * (4000 + 12000 * ((clicked.hash >> 12) & 4095) / 4095) / 10000 * 10000 as spend_micros,
    clicked.impressions, clicked.clicks, clicked.clicks * 3 / 4 as link_clicks, clicked.conversions,
    -- an order of 20 to 100 USD
    clicked.conversions * (2000 + 8000 * ((clicked.hash >> 48) & 4095) / 4095) * 10000 as conversion_value_micros,
    clicked.impressions * 7 / 8 as reach
from (
    select
        shown.number, shown.day, shown.hash, shown.impressions, rated.clicks,
        -- 0 to 8 % of the clicks
        rated.clicks * ((shown.hash >> 36) & 4095) / 51200 as conversions
    from (
        select dated.number, dated.day, dated.hash, 100 + (dated.hash & 4095) as impressions
        from (
            select
                made.number, $2::date - back.days as day,
                hashint8extended(
                    (made.number * 100000 + ($2::date - back.days - date '2000-01-01')) * 1000 + $5::bigint, $4::bigint
                ) & 1152921504606846975 as hash
            from generate_series(1, $1::bigint) as made (number)
            cross join generate_series(1, $3::integer) as back (days)
        ) as dated
    ) as shown
    -- 0.5 to 3 % of the impressions
    cross join lateral (
        select shown.impressions * (20 + ((shown.hash >> 24) & 4095) * 100 / 4095) / 4000 as clicks
    ) as rated
) as clicked

-- name: generate_facts
-- A fact for each of the ads of the account $7, whose external id is $8, on each day.
insert into daily_fact (
    org_id, ad_account_id, entity_id, day, level, missing, spend_micros, impressions, clicks, link_clicks,
    conversions_millionths, conversion_value_micros, reach
)
select
    $6, $7, ad.id, delivered.day, 4, 0, delivered.spend_micros, delivered.impressions, delivered.clicks,
    delivered.link_clicks, delivered.conversions * 1000000, delivered.conversion_value_micros, delivered.reach
from ({numbers}) as delivered
join ad
    on ad.org_id = $6 and ad.platform = 'META' and ad.external_id = $8::text || '-ad-' || delivered.number
-- day by day, as syncs leave facts behind
order by delivered.day, ad.id;

-- name: generated_rows
-- The same as rows of a table, with the tree that they are in: $6 campaigns and $7 ad sets of the account $8, spread
-- evenly.
select
    delivered.day as date, $8::text as account_id, 'Account ' || $5 as account_name, 'USD' as currency,
    'UTC' as timezone,
    $8::text || '-campaign-' || placed.campaign as campaign_id, 'Campaign ' || placed.campaign as campaign_name,
    $8::text || '-ad-set-' || placed.ad_set as ad_set_id, 'Ad set ' || placed.ad_set as ad_set_name,
    $8::text || '-ad-' || delivered.number as ad_id, 'Ad ' || delivered.number as ad_name,
    (delivered.spend_micros / 1000000.0)::numeric(20, 2) as spend, delivered.impressions, delivered.clicks,
    delivered.link_clicks, delivered.conversions,
    (delivered.conversion_value_micros / 1000000.0)::numeric(20, 2) as conversion_value, delivered.reach
from ({numbers}) as delivered
cross join lateral (
    select
        1 + (delivered.number - 1) * $7::bigint / $1::bigint as ad_set,
        1 + ((delivered.number - 1) * $7::bigint / $1::bigint) * $6::bigint / $7::bigint as campaign
) as placed
order by delivered.day, delivered.number;

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

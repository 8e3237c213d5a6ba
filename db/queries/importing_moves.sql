-- name: descendants
-- What lies below the campaigns $2 and the ad sets $3, those themselves left out.
select ad_set.id
from ad_set
where ad_set.org_id = $1 and ad_set.campaign_id = any($2::bigint[])
union
select ad.id
from ad
join ad_set on ad_set.org_id = $1 and ad_set.org_id = ad.org_id and ad_set.id = ad.ad_set_id
where ad.org_id = $1 and (ad_set.campaign_id = any($2::bigint[]) or ad_set.id = any($3::bigint[]))
order by id;

-- name: fact_days_of_entities
-- The days on which any of the entities $2 has a fact, by the ad account that the facts are filed under.
select ad_account_id, day
from daily_fact
where org_id = $1 and entity_id = any($2::bigint[])
group by ad_account_id, day
order by ad_account_id, day;

-- name: ad_sets_follow_campaigns
-- The ad sets $2 are in their campaign's ad account.
update ad_set
set ad_account_id = campaign.ad_account_id
from campaign
where ad_set.org_id = $1 and campaign.org_id = $1 and campaign.org_id = ad_set.org_id
    and campaign.id = ad_set.campaign_id and ad_set.id = any($2::bigint[])
    and ad_set.ad_account_id <> campaign.ad_account_id;

-- name: ads_follow_ad_sets
-- The ads $2 are in their ad set's ad account.
update ad
set ad_account_id = ad_set.ad_account_id
from ad_set
where ad.org_id = $1 and ad_set.org_id = $1 and ad_set.org_id = ad.org_id and ad_set.id = ad.ad_set_id
    and ad.id = any($2::bigint[]) and ad.ad_account_id <> ad_set.ad_account_id;

-- name: fact_changing_currency
-- One of the entities $2, of the table {entity}, whose facts are filed under an ad account of another currency than the
-- one it is in now.
select
    moved.external_id, before.external_id as ad_account_before, before.currency as currency_before,
    now.external_id as ad_account_now, now.currency as currency_now
from {entity} as moved
join ad_account as now on now.org_id = $1 and now.org_id = moved.org_id and now.id = moved.ad_account_id
join daily_fact on daily_fact.org_id = $1 and daily_fact.org_id = moved.org_id and daily_fact.entity_id = moved.id
join ad_account as before
    on before.org_id = $1 and before.org_id = daily_fact.org_id and before.id = daily_fact.ad_account_id
where moved.org_id = $1 and moved.id = any($2::bigint[]) and before.currency <> now.currency
order by moved.id
limit 1;

-- name: facts_follow_entities
-- The facts of the entities $2, of the table {entity}, are filed under the entity's ad account.
update daily_fact
set ad_account_id = moved.ad_account_id
from {entity} as moved
where daily_fact.org_id = $1 and moved.org_id = $1 and moved.org_id = daily_fact.org_id
    and moved.id = daily_fact.entity_id and moved.id = any($2::bigint[])
    and daily_fact.ad_account_id <> moved.ad_account_id;

-- name: forget_rollups
-- Nothing stands for the entities $2 until they are rolled up again.
delete from daily_rollup
where org_id = $1 and entity_id = any($2::bigint[]);

-- name: drop_empty_ad_sets
-- Of the stand-ins for ad sets that no row names: those among $2 that nothing is in any longer.
delete from ad_set
where org_id = $1 and id = any($2::bigint[])
    and not exists (select 1 from ad where ad.org_id = $1 and ad.org_id = ad_set.org_id and ad.ad_set_id = ad_set.id);

-- name: drop_empty_campaigns
-- Of the stand-ins for campaigns that no row names: those among $2 that nothing is in any longer.
delete from campaign
where org_id = $1 and id = any($2::bigint[])
    and not exists (
        select 1
        from ad_set
        where ad_set.org_id = $1 and ad_set.org_id = campaign.org_id and ad_set.campaign_id = campaign.id
    );

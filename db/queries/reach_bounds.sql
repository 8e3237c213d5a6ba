-- name: reach_bounds
-- What is certain of the reach of the entities $6, which are in the ad accounts $2, from the days $3 to before the days
-- $4: it is no less than the largest that was reported of a day or a part, and no more than the sum over all days, or
-- over all parts. $5 is the deepest level that is known on all of these days, with all above it; 0: none is.
with wanted as (
    select ad_account_id, since, until, known
    from unnest($2::bigint[], $3::date[], $4::date[], $5::smallint[]) as wanted (ad_account_id, since, until, known)
),
ads as (
    select
        fact.entity_id, ad.ad_set_id as parent_id,
        case when bool_and(fact.missing & 2 = 0) then sum(fact.impressions) end as impressions,
        max(fact.reach) as at_least,
        case
            -- Who was shown nothing reached nobody.
            when wanted.known = 4
                and bool_and(fact.reach is not null or (fact.missing & 2 = 0 and fact.impressions = 0))
                then coalesce(sum(fact.reach), 0)
        end as at_most
    from wanted
    join ad on ad.org_id = $1 and ad.ad_account_id = wanted.ad_account_id
    join daily_fact as fact
        on fact.org_id = $1 and fact.entity_id = ad.id and fact.day >= wanted.since and fact.day < wanted.until
    group by fact.entity_id, ad.ad_set_id, wanted.known
),
stands as (
    select
        rollup.entity_id, rollup.level, wanted.since, wanted.until, wanted.known,
        case when bool_and(rollup.missing & 2 = 0) then sum(rollup.impressions) end as impressions,
        max(rollup.reach) as at_least,
        -- All its days have a reach of their own.
        case
            when wanted.known >= rollup.level and sum(rollup.days) = count(rollup.reach) then sum(rollup.reach)
        end as at_most
    from wanted
    join daily_rollup as rollup
        on rollup.org_id = $1 and rollup.ad_account_id = wanted.ad_account_id
        and rollup.day >= wanted.since and rollup.day < wanted.until
    group by rollup.entity_id, rollup.level, wanted.since, wanted.until, wanted.known
),
below_ad_sets as (
    select
        parent_id as entity_id, max(at_least) as at_least,
        case when bool_and(at_most is not null) then sum(at_most) end as at_most,
        case when bool_and(impressions is not null) then sum(impressions) end as impressions
    from ads
    group by parent_id
),
ad_sets as (
    select
        own.entity_id, ad_set.campaign_id as parent_id, own.impressions,
        greatest(own.at_least, below.at_least, (
            select max(window_reach.reach)
            from window_reach
            where window_reach.org_id = $1 and window_reach.entity_id = own.entity_id
                and window_reach.since >= own.since and window_reach.until <= own.until
        )) as at_least,
        -- The parts are a complete set of them where nobody saw the whole anywhere else.
        least(own.at_most, case
            when own.known > own.level and own.impressions = below.impressions then below.at_most
        end) as at_most
    from stands as own
    join ad_set on ad_set.org_id = $1 and ad_set.id = own.entity_id
    left join below_ad_sets as below on below.entity_id = own.entity_id
    where own.level = 3
),
below_campaigns as (
    select
        parent_id as entity_id, max(at_least) as at_least,
        case when bool_and(at_most is not null) then sum(at_most) end as at_most,
        case when bool_and(impressions is not null) then sum(impressions) end as impressions
    from ad_sets
    group by parent_id
),
campaigns as (
    select
        own.entity_id, campaign.ad_account_id as parent_id, own.impressions,
        greatest(own.at_least, below.at_least, (
            select max(window_reach.reach)
            from window_reach
            where window_reach.org_id = $1 and window_reach.entity_id = own.entity_id
                and window_reach.since >= own.since and window_reach.until <= own.until
        )) as at_least,
        -- The parts are a complete set of them where nobody saw the whole anywhere else.
        least(own.at_most, case
            when own.known > own.level and own.impressions = below.impressions then below.at_most
        end) as at_most
    from stands as own
    join campaign on campaign.org_id = $1 and campaign.id = own.entity_id
    left join below_campaigns as below on below.entity_id = own.entity_id
    where own.level = 2
),
below_ad_accounts as (
    select
        parent_id as entity_id, max(at_least) as at_least,
        case when bool_and(at_most is not null) then sum(at_most) end as at_most,
        case when bool_and(impressions is not null) then sum(impressions) end as impressions
    from campaigns
    group by parent_id
),
ad_accounts as (
    select
        own.entity_id, null::bigint as parent_id, own.impressions,
        greatest(own.at_least, below.at_least, (
            select max(window_reach.reach)
            from window_reach
            where window_reach.org_id = $1 and window_reach.entity_id = own.entity_id
                and window_reach.since >= own.since and window_reach.until <= own.until
        )) as at_least,
        -- The parts are a complete set of them where nobody saw the whole anywhere else.
        least(own.at_most, case
            when own.known > own.level and own.impressions = below.impressions then below.at_most
        end) as at_most
    from stands as own
    left join below_ad_accounts as below on below.entity_id = own.entity_id
    where own.level = 1
)
select told.entity_id, told.at_least, told.at_most::bigint as at_most
from (
    select entity_id, at_least, at_most from ads
    union all
    select entity_id, at_least, at_most from ad_sets
    union all
    select entity_id, at_least, at_most from campaigns
    union all
    select entity_id, at_least, at_most from ad_accounts
) as told
where told.entity_id = any($6::bigint[])
order by told.entity_id;

-- name: projects_to_verify
-- The projects named $2 (null: all).
select id, name as external_id from project where org_id = $1 and ($2::text is null or name = $2) order by id;

-- name: verify_conversion_sums
-- Where the rows of {table} of the project $2 are not what its conversions and their refunds add up to; rows of zeros
-- are as good as none. At most $3 such rows, with how many there are.
with part as (
    select
        occurred_at, event_name_id, app_id, platform_id, source, currency, 1 as count, coalesce(value, 0) as value,
        0 as refund_count, 0 as refund_value
    from conversion
    where org_id = $1 and project_id = $2
    union all
    select
        purchase.occurred_at, purchase.event_name_id, purchase.app_id, purchase.platform_id, purchase.source,
        refund.currency, 0, 0, 1, coalesce(refund.value, 0)
    from conversion_refund as refund
    join conversion as purchase
        on purchase.org_id = $1 and purchase.org_id = refund.org_id and purchase.id = refund.conversion_id
    where refund.org_id = $1 and refund.project_id = $2
),
expected as (
    select
        date_bin(interval '{minutes} minutes', occurred_at, timestamptz '1970-01-01 00:00+00') as at, {key},
        sum(count) as count, sum(value) as value, sum(refund_count) as refund_count, sum(refund_value) as refund_value
    from part
    group by at, {key}
),
stored as (
    select {at} as at, {key}, count::numeric, value, refund_count::numeric, refund_value
    from {table}
    where org_id = $1 and project_id = $2
)
select
    at, conversion_name.name as event_name, currency, row_to_json(expected)::text as expected,
    row_to_json(stored)::text as found, count(*) over () as count
from expected
full join stored using (at, {key})
left join conversion_name on conversion_name.org_id = $1 and conversion_name.id = event_name_id
where (
    coalesce(expected.count, 0), coalesce(expected.value, 0), coalesce(expected.refund_count, 0),
    coalesce(expected.refund_value, 0)
) is distinct from (
    coalesce(stored.count, 0), coalesce(stored.value, 0), coalesce(stored.refund_count, 0),
    coalesce(stored.refund_value, 0)
)
order by at, {key}
limit $3;

-- name: verify_tracked_days
-- Where the days of what is tracked of the ad account $2 and of all below it are not what the conversions with touches
-- of its ads, and their refunds, add up to. At most $3 such rows, with how many there are.
with entity as (
    select 1 as level, id, external_id from ad_account where org_id = $1 and id = $2
    union all
    select 2, id, external_id from campaign where org_id = $1 and ad_account_id = $2
    union all
    select 3, id, external_id from ad_set where org_id = $1 and ad_account_id = $2
    union all
    select 4, id, external_id from ad where org_id = $1 and ad_account_id = $2
),
touched as (
    select
        conversion.id, conversion.event_name_id, conversion.occurred_at, conversion.currency, conversion.value,
        conversion.clicked_at, conversion.viewed_at, touch.ad_id, touch.at as touched_at, touch.is_click
    from conversion
    cross join lateral (
        values (click_ad_id, clicked_at, true), (view_ad_id, viewed_at, false)
    ) as touch (ad_id, at, is_click)
    join ad on ad.org_id = $1 and ad.id = touch.ad_id and ad.ad_account_id = $2
    where conversion.org_id = $1
),
part as (
    select *, 1 as kind, currency as money, coalesce(value, 0) as amount from touched
    union all
    select touched.*, 2, refund.currency, coalesce(refund.value, 0)
    from touched
    join conversion_refund as refund on refund.org_id = $1 and refund.conversion_id = touched.id
),
of_ad as materialized (
    select
        part.ad_id, basis.number as basis, (basis.at at time zone ad_account.timezone)::date as day,
        conversion_name.name as event_name, part.money as currency, part.kind, {due}
    from part
    join ad_account on ad_account.org_id = $1 and ad_account.id = $2
    join conversion_name on conversion_name.org_id = $1 and conversion_name.id = part.event_name_id
    cross join lateral (values (0, part.occurred_at), (1, part.touched_at)) as basis (number, at)
    group by 1, 2, 3, 4, 5, 6
),
place as (
    select ad.id as ad_id, above.entity_id
    from ad
    join ad_set on ad_set.org_id = $1 and ad_set.id = ad.ad_set_id
    join campaign on campaign.org_id = $1 and campaign.id = ad_set.campaign_id
    cross join lateral (values (ad.id), (ad_set.id), (campaign.id), (campaign.ad_account_id)) as above (entity_id)
    where ad.org_id = $1 and ad.ad_account_id = $2
),
expected as (
    select place.entity_id, basis, day, event_name, currency, kind, {sums}
    from of_ad
    join place on place.ad_id = of_ad.ad_id
    group by 1, 2, 3, 4, 5, 6
),
stored as (
    select entity_id, basis::integer, day, event_name, currency, kind::integer, {columns}
    from tracked_day
    join entity on entity.id = tracked_day.entity_id
    where org_id = $1 and span = 1
)
select
    entity.level, coalesce(entity.external_id, 'number ' || entity_id) as external_id, 1 as span, basis, day, event_name,
    currency, kind, row_to_json(expected)::text as expected, row_to_json(stored)::text as found,
    count(*) over () as count
from expected
full join stored using (entity_id, basis, day, event_name, currency, kind)
left join entity on entity.id = entity_id
where ({expected_numbers}) is distinct from ({stored_numbers})
order by entity_id, basis, day, event_name, currency, kind
limit $3;

-- name: verify_tracked_spans
-- Where the spans of what is tracked of the ad account $2 and of all below it are not what their days add up to without
-- what came later, as far as there are to be spans. At most $3 such rows, with how many there are.
with entity as (
    select 1 as level, id, external_id from ad_account where org_id = $1 and id = $2
    union all
    select 2, id, external_id from campaign where org_id = $1 and ad_account_id = $2
    union all
    select 3, id, external_id from ad_set where org_id = $1 and ad_account_id = $2
    union all
    select 4, id, external_id from ad where org_id = $1 and ad_account_id = $2
),
expected as (
    select
        fact.entity_id, fact.basis::integer, lengths.span, whole.day, fact.event_name, fact.currency, fact.kind, {added_up}
    from tracked_day as fact
    join entity on entity.id = fact.entity_id
    cross join (values (1), (4), (16)) as lengths (span)
    cross join lateral (
        select date '1970-01-01' + floor((fact.day - date '1970-01-01')::numeric / lengths.span)::integer * lengths.span
    ) as whole (day)
    join tracked_through as reached
        on reached.org_id = $1 and reached.ad_account_id = $2 and reached.basis = fact.basis
        and whole.day + lengths.span <= reached.through
    where fact.org_id = $1
    group by 1, 2, 3, 4, 5, 6, 7
),
stored as (
    select
        number.entity_id, side.basis::integer, side.span::integer, side.day, side.event_name, side.currency, side.kind,
        {columns}
    from tracked_span as side
    cross join lateral unnest(side.entity_ids, {arrays}) as number (entity_id, {columns})
    where side.org_id = $1 and side.ad_account_id = $2
)
select
    entity.level, coalesce(entity.external_id, 'number ' || entity_id) as external_id, span, basis, day, event_name,
    currency, kind, row_to_json(expected)::text as expected, row_to_json(stored)::text as found,
    count(*) over () as count
from expected
full join stored using (entity_id, basis, span, day, event_name, currency, kind)
left join entity on entity.id = entity_id
where ({expected_numbers}) is distinct from ({stored_numbers})
order by entity_id, basis, span, day, event_name, currency, kind
limit $3;

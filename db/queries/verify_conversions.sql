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

-- name: verify_conversions
-- Where the conversions of the project $2 are not what their events tell, nor their touches of ads that it has. Those of
-- which two events contradict each other with nothing to choose by (one source, time and id) are left out. At most $3
-- such conversions, with how many there are.
with message as (
    select *, row(source, occurred_at, event_id) as precedence
    from conversion_message
    where org_id = $1 and project_id = $2 and kind = 1
),
merged as (
    select
        conversion_id as id, (array_agg(event_name_id order by precedence))[1] as event_name_id,
        (array_agg(occurred_at order by precedence))[1] as occurred_at,
        (array_agg(app order by precedence) filter (where app is not null))[1] as app,
        (array_agg(platform order by precedence) filter (where platform is not null))[1] as platform,
        min(source) as source,
        (array_agg(user_id order by precedence) filter (where user_id is not null))[1] as user_id,
        (array_agg(value order by precedence) filter (where value is not null))[1] as value,
        coalesce((array_agg(currency order by precedence) filter (where value is not null))[1], '') as currency,
        count(distinct precedence) = count(*) as is_clear
    from message
    group by conversion_id
),
touch as (
    select distinct on (merged.id, touch.kind) merged.id, touch.kind, ad.id as ad_id, touch.at
    from merged
    join message on message.conversion_id = merged.id
    cross join lateral unnest(
        message.touch_platforms, message.touch_ads, message.touch_kinds, message.touch_times
    ) as touch (platform, external_id, kind, at)
    join ad on ad.org_id = $1 and ad.platform = touch.platform and ad.external_id = touch.external_id
    join ad_account
        on ad_account.org_id = $1 and ad_account.org_id = ad.org_id and ad_account.id = ad.ad_account_id
        and ad_account.project_id = $2
    where touch.at between merged.occurred_at - interval '672 hours' and merged.occurred_at
    order by
        merged.id, touch.kind, touch.at desc, touch.platform collate "C", touch.external_id collate "C"
),
expected as (
    select
        merged.id, merged.event_name_id, merged.occurred_at, merged.app, merged.platform, merged.source, merged.user_id,
        merged.value, merged.currency, click.ad_id as click_ad_id, click.at as clicked_at, view.ad_id as view_ad_id,
        view.at as viewed_at
    from merged
    left join touch as click on click.id = merged.id and click.kind = 1
    left join touch as view on view.id = merged.id and view.kind = 2
    where merged.is_clear
),
stored as (
    select
        conversion.id, conversion.event_name_id, conversion.occurred_at, app.name as app, platform.name as platform,
        conversion.source, person.name as user_id, conversion.value, conversion.currency, conversion.click_ad_id,
        conversion.clicked_at, conversion.view_ad_id, conversion.viewed_at
    from conversion
    left join conversion_name as app on app.org_id = $1 and app.id = conversion.app_id
    left join conversion_name as platform on platform.org_id = $1 and platform.id = conversion.platform_id
    left join conversion_user as person
        on person.org_id = $1 and person.project_id = $2 and person.id = conversion.user_key
    where conversion.org_id = $1 and conversion.project_id = $2
        and not exists (select 1 from merged where merged.id = conversion.id and not merged.is_clear)
)
select
    id, row_to_json(expected)::text as expected, row_to_json(stored)::text as found, count(*) over () as count
from expected
full join stored using (id)
where (
    expected.event_name_id, expected.occurred_at, expected.app, expected.platform, expected.source, expected.user_id,
    expected.value, expected.currency, expected.click_ad_id, expected.clicked_at, expected.view_ad_id, expected.viewed_at
) is distinct from (
    stored.event_name_id, stored.occurred_at, stored.app, stored.platform, stored.source, stored.user_id,
    stored.value, stored.currency, stored.click_ad_id, stored.clicked_at, stored.view_ad_id, stored.viewed_at
)
order by id
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

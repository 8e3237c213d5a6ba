-- name: conversion_events
-- For each scope in $2 (projects or entities of one level) its conversions that count from $3 to before $4, the latest
-- first, at most $12 of them, behind where the conversion $11 that counts at $15 is or was (null: from the first). $5:
-- names of events; $6: an app's id, $7: an app's platform, $8: a source, each null for any. $9 and $10: the days after a
-- click and after a view within which a conversion is due to it; $13: whether it then counts when that was; $14: whether
-- it has to be due to an ad (null: any).
with event_name as (
    select id
    from conversion_name
    where org_id = $1 and name = any($5::text[])
),
counted as not materialized (
    select
        fact.*, {counted}
    from conversion as fact
    {touch}
    where fact.org_id = $1 and fact.event_name_id in (select id from event_name)
        and ($6::text is null
            or fact.app_id in (select id from conversion_name where org_id = $1 and name = $6::text))
        and ($7::text is null
            or fact.platform_id in (select id from conversion_name where org_id = $1 and name = $7::text))
        and ($8::smallint is null or fact.source = $8::smallint)
        and ($14::boolean is null or (touch.clicked or touch.viewed) = $14::boolean)
),
page as (
    select wanted.id as scope_id, own.*
    from unnest($2::bigint[]) as wanted (id)
    cross join lateral (
        select
            fact.id, fact.project_id, fact.event_name_id, fact.occurred_at, fact.app_id, fact.platform_id, fact.source,
            fact.user_key, fact.value, fact.currency, fact.clicked, fact.viewed, fact.clicked_at, fact.viewed_at,
            fact.ad_id, fact.counted_at
        from counted as fact
        {of_ads}
        where {scope} = wanted.id
            and fact.occurred_at >= $3::timestamptz and fact.occurred_at < $4::timestamptz + {longest_lag}
            and fact.counted_at >= $3::timestamptz and fact.counted_at < $4::timestamptz
            and ($11::bigint is null or (fact.counted_at, fact.id) < ($15::timestamptz, $11::bigint))
        order by {order}
        limit $12
    ) as own
)
select
    page.scope_id, page.id, event_name.name as event_name, page.occurred_at, app.name as app, platform.name as platform,
    page.source, conversion_user.name as user_id, page.value, nullif(page.currency, '') as currency, page.clicked,
    page.viewed, page.clicked_at, page.viewed_at, page.ad_id, page.counted_at
from page
join conversion_name as event_name on event_name.org_id = $1 and event_name.id = page.event_name_id
left join conversion_name as app on app.org_id = $1 and app.id = page.app_id
left join conversion_name as platform on platform.org_id = $1 and platform.id = page.platform_id
left join conversion_user
    on conversion_user.org_id = $1 and conversion_user.project_id = page.project_id
    and conversion_user.id = page.user_key
order by page.scope_id, page.counted_at desc, page.id desc;

-- name: conversion_messages_by_ids
-- What was received of the conversions, or of the refunds, $2, in the order in which it is believed.
select
    message.conversion_id, message.id, message.source, event_name.name as event_name, message.event_id,
    message.transaction_id, message.occurred_at, message.received_at, message.app, message.platform, message.user_id,
    message.value, nullif(message.currency, '') as currency, message.currency_assumed, message.touch_platforms,
    message.touch_ads, message.touch_kinds, message.touch_times
from conversion_message as message
join conversion_name as event_name on event_name.org_id = $1 and event_name.id = message.event_name_id
where message.org_id = $1 and message.conversion_id = any($2::bigint[])
order by message.conversion_id, message.source, message.occurred_at, message.event_id, message.id;

-- name: conversion_refunds_by_ids
-- The refunds of the conversions $2.
select refund.conversion_id, refund.id, refund.value, nullif(refund.currency, '') as currency
from conversion_refund as refund
where refund.org_id = $1 and refund.conversion_id = any($2::bigint[])
order by refund.conversion_id, refund.id;

-- name: ads_of_touches
-- Of the ads that the platforms $3 know under the ids $4, side by side, those of the project $2.
select ad.platform, ad.external_id, ad.id
from unnest($3::text[], $4::text[]) as wanted (platform, external_id)
join ad on ad.org_id = $1 and ad.platform = wanted.platform and ad.external_id = wanted.external_id
join ad_account on ad_account.org_id = $1 and ad_account.id = ad.ad_account_id
where ad_account.project_id = $2
order by ad.id;

-- The rules of conversions, written for DuckDB from DESIGN.md alone, over the events as they were sent: what comes from
-- the world are the tables sent, touch and known_ad.

-- name: event
-- Of the value fields the first that is present; without a currency it is in the project's.
create table event as
select
    *, coalesce(revenue_amount, price_amount, property_value) as amount,
    case when coalesce(revenue_amount, price_amount, property_value) is not null
        then coalesce(currency, $reporting_currency) end as money,
    case source when 'SDK' then 1 when 'CONVERSION_API' then 2 else 3 end as rank
from sent;

-- name: merged
-- The same event, or the same charge, directly or through others: one conversion, named by its first event.
create table merged as
with recursive link as (
    select one.number as one, other.number as other
    from event as one
    join event as other
        on other.kind = one.kind and other.event_name = one.event_name
        and (other.event_id = one.event_id or other.transaction_id = one.transaction_id)
),
reached (one, other) as (
    select number, number from event
    union
    select reached.one, link.other from reached join link on link.one = reached.other
)
select one as number, min(other) as conversion from reached group by one;

-- name: whole
-- Each field as the best source that has it says; within a source the earliest, then the smallest id.
create table whole as
select
    conversion, any_value(kind) as kind, any_value(event_name) as event_name,
    first(source order by rank) as source,
    first(occurred_at order by rank, occurred_at, event_id) as occurred_at,
    first(app order by rank, occurred_at, event_id) filter (where app is not null) as app,
    first(platform order by rank, occurred_at, event_id) filter (where platform is not null) as platform,
    first(user_id order by rank, occurred_at, event_id) filter (where user_id is not null) as user_id,
    first(refund_of order by rank, occurred_at, event_id) filter (where refund_of is not null) as refund_of,
    first(amount order by rank, occurred_at, event_id) filter (where amount is not null) as amount,
    first(money order by rank, occurred_at, event_id) filter (where amount is not null) as money
from event
join merged using (number)
group by conversion;

-- name: touched
-- Touches of all that was merged; those of ads that nobody knows take no part.
create table touched as
select distinct
    whole.conversion, whole.occurred_at, touch.kind, touch.touched_at, touch.platform,
    known_ad.external_id, known_ad.ad
from touch
join merged using (number)
join whole using (conversion)
join known_ad on known_ad.platform = touch.platform and known_ad.external_id = touch.ad
where touch.touched_at <= whole.occurred_at;

-- name: conversion
create table conversion as
select
    whole.*,
    click.ad as click_ad, click.touched_at as clicked_at, view.ad as view_ad, view.touched_at as viewed_at
from whole
left join (
    select
        conversion, first(ad order by touched_at desc, platform, external_id) as ad, max(touched_at) as touched_at
    from touched where kind = 'CLICK' group by conversion
) as click using (conversion)
left join (
    select
        conversion, first(ad order by touched_at desc, platform, external_id) as ad, max(touched_at) as touched_at
    from touched where kind = 'VIEW' group by conversion
) as view using (conversion)
where whole.kind = 'CONVERSION';

-- name: refund
-- A refund is of the conversion that has an event of that id, else a charge; rather one of its own name, else of the
-- first name.
create table refund as
select refund, amount, money, conversion
from (
    select
        refund.conversion as refund, refund.amount, refund.money, merged.conversion,
        row_number() over (
            partition by refund.conversion
            order by event.event_name <> refund.event_name, event.event_id <> refund.refund_of, event.event_name
        ) as place
    from whole as refund
    join event
        on event.kind = 'CONVERSION'
        and (event.event_id = refund.refund_of or event.transaction_id = refund.refund_of)
    join merged on merged.number = event.number
    where refund.kind = 'REFUND'
)
where place = 1;

-- name: told
create or replace temp table told as
with due as (
    select
        conversion.*,
        $click > 0 and clicked_at is not null
            and epoch_us(occurred_at) - epoch_us(clicked_at) <= $click * 86400000000 as clicked,
        $view > 0 and viewed_at is not null
            and epoch_us(occurred_at) - epoch_us(viewed_at) <= $view * 86400000000 as viewed
    from conversion
),
counted as (
    select
        due.*,
        case when clicked then click_ad when viewed then view_ad end as due_to,
        case when $by_touch_time and clicked then clicked_at when $by_touch_time and viewed then viewed_at
            else occurred_at end as counted_at
    from due
),
asked as (
    select
        counted.*, known_ad.platform as ad_platform, known_ad.ad, known_ad.ad_set, known_ad.campaign,
        known_ad.ad_account, timezone($timezone, counted_at) as clock
    from counted
    left join known_ad on known_ad.ad = due_to
    where counted_at >= $since and counted_at < $until and list_contains($events, event_name)
        and ($app::text is null or app = $app) and ($scope::bigint is null or {scope} = $scope)
),
told as (
    select
        platform, ad_platform, app, event_name, source, money as currency, counted_at, clock, ad_account, campaign,
        ad_set, ad, 1 as counts, user_id, coalesce(amount, 0) as amount, 0 as refunds, 0::decimal(30, 9) as refunded
    from asked
    union all
    select
        platform, ad_platform, app, event_name, source, refund.money, counted_at, clock, ad_account, campaign,
        ad_set, ad, 0, null, -coalesce(refund.amount, 0), 1, coalesce(refund.amount, 0)
    from asked
    join refund using (conversion)
)
select
    {keys} counts, user_id, amount, refunds, refunded, currency, ad is not null as due,
    timezone($project_timezone, counted_at)::date as rate_day
from told;

-- name: counts
select
    {keys} sum(counts)::bigint, count(distinct user_id), sum(refunds)::bigint,
    coalesce(sum(counts) filter (where due), 0)::bigint
from told
group by {keys} 1=1;

-- name: amounts
select {keys} due, currency, rate_day, sum(amount), sum(refunded)
from told
group by {keys} due, currency, rate_day, amount <> 0;

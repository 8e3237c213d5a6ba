-- name: conversion_groups
-- What conversions add up to by some keys, for each scope in $2 (projects or entities of one level), group by group.
--
-- $3: names of events; $4: an app's id, or null. Instants `[since, until)` and the place of their keys among those of the
-- window: $5, $6, $7 of whole hours and $8, $9, $10 of whole quarter hours, which are read from what was rolled up by
-- these; $11, $12, $13 of the rest, which are read from the conversions; $14, $15, $16 of all of them. $17: for each
-- place the rank of each of its keys of time. $18 and $19: the days after a click and after a view within which a
-- conversion is due to it; 0: never; $20: whether it then counts when that was. $21 and $22: behind which group, how many.
--
-- Of the parts below only those are executed that `told` names.
with event_name as (
    select id
    from conversion_name
    where org_id = $1 and name = any($3::text[])
),
app as (
    select id
    from conversion_name
    where org_id = $1 and name = $4::text
),
whole_hours as (
    select since, until, place
    from unnest($5::timestamptz[], $6::timestamptz[], $7::integer[]) as part (since, until, place)
),
whole_quarters as (
    select since, until, place
    from unnest($8::timestamptz[], $9::timestamptz[], $10::integer[]) as part (since, until, place)
),
edges as (
    select since, until, place
    from unnest($11::timestamptz[], $12::timestamptz[], $13::integer[]) as part (since, until, place)
),
part as (
    select since, until, place
    from unnest($14::timestamptz[], $15::timestamptz[], $16::integer[]) as part (since, until, place)
),
rank as (
    select $17::integer[] as ranks
),
-- All conversions of projects.
all_by_hour as (
    select
        fact.project_id as scope_id, part.place, {keys_of_hour} fact.currency, fact.count,
        fact.value - fact.refund_value as value, fact.refund_count, fact.refund_value
    from whole_hours as part
    join conversion_hour as fact
        on fact.org_id = $1 and fact.project_id = any($2::bigint[])
        and fact.hour >= part.since and fact.hour < part.until
        and fact.event_name_id in (select id from event_name)
),
all_by_quarter as (
    select
        fact.project_id as scope_id, part.place, {keys_of_all} fact.currency, fact.count,
        fact.value - fact.refund_value as value, fact.refund_count, fact.refund_value
    from whole_quarters as part
    join conversion_quarter as fact
        on fact.org_id = $1 and fact.project_id = any($2::bigint[])
        and fact.quarter >= part.since and fact.quarter < part.until
        and fact.event_name_id in (select id from event_name) {of_app}
),
edge as (
    select part.place, fact.*
    from edges as part
    join conversion as fact
        on fact.org_id = $1 and fact.project_id = any($2::bigint[])
        and fact.occurred_at >= part.since and fact.occurred_at < part.until
        and fact.event_name_id in (select id from event_name) {of_app}
),
all_edges as (
    select
        fact.project_id as scope_id, fact.place, {keys_of_all} fact.currency, 1 as count,
        coalesce(fact.value, 0) as value, 0 as refund_count, 0 as refund_value
    from edge as fact
    union all
    select
        fact.project_id as scope_id, fact.place, {keys_of_all} refund.currency, 0, -coalesce(refund.value, 0), 1,
        coalesce(refund.value, 0)
    from edge as fact
    join conversion_refund as refund on refund.org_id = $1 and refund.conversion_id = fact.id
),
-- Those that an ad brought, each when it counts; of projects those, too, that none did.
touched as not materialized (
    select
        fact.*,
        case when touch.clicked then fact.click_ad_id when touch.viewed then fact.view_ad_id end as ad_id,
        case
            when $20::boolean and touch.clicked then fact.clicked_at
            when $20::boolean and touch.viewed then fact.viewed_at
            else fact.occurred_at
        end as counted_at
    from conversion as fact
    cross join lateral (
        select
            coalesce(
                $18::integer > 0 and fact.occurred_at - fact.clicked_at <= make_interval(hours => 24 * $18::integer), false
            ) as clicked,
            coalesce(
                $19::integer > 0 and fact.occurred_at - fact.viewed_at <= make_interval(hours => 24 * $19::integer), false
            ) as viewed
    ) as touch
    where fact.org_id = $1 and fact.event_name_id in (select id from event_name) {of_app}
),
due as (
    select
        {scope} as scope_id, part.place, {keys_of_due} fact.id, fact.currency, fact.value, fact.user_key,
        fact.ad_id is not null as is_due
    from part
    join touched as fact
        -- No touch counts that is longer ago than the longest time that can be chosen.
        on fact.occurred_at >= part.since and fact.occurred_at < part.until + {longest_lag}
        and fact.counted_at >= part.since and fact.counted_at < part.until
    {join} join ad on ad.org_id = $1 and ad.id = fact.ad_id {found_by_touch}
    {join} join ad_set on ad_set.org_id = $1 and ad_set.id = ad.ad_set_id
    where {scope} = any($2::bigint[])
),
due_sums as (
    select
        scope_id, place, {keys} currency, count(*) as count, coalesce(sum(value), 0) as value, 0 as refund_count,
        0 as refund_value, is_due
    from due
    group by scope_id, place, {keys} currency, is_due
    union all
    select
        due.scope_id, due.place, {keys} refund.currency, 0, -coalesce(sum(refund.value), 0), count(*),
        coalesce(sum(refund.value), 0), due.is_due
    from due
    join conversion_refund as refund on refund.org_id = $1 and refund.conversion_id = due.id
    group by due.scope_id, due.place, {keys} refund.currency, due.is_due
),
-- People are counted among the conversions themselves.
users_of_window as (
    -- Nothing but a range of an index, the fastest there is.
    select
        ($2::bigint[])[1] as scope_id, 0 as place, ''::text as currency, count(distinct fact.user_key) as users
    from conversion as fact
    where fact.org_id = $1 and fact.project_id = ($2::bigint[])[1]
        and fact.occurred_at >= ($14::timestamptz[])[1] and fact.occurred_at < ($15::timestamptz[])[1]
        and fact.event_name_id in (select id from event_name)
),
users_of_all as (
    select
        fact.project_id as scope_id, part.place, {keys_of_all} {currency_of_users} as currency,
        count(distinct fact.user_key) as users
    from part
    join conversion as fact
        on fact.org_id = $1 and fact.project_id = any($2::bigint[])
        and fact.occurred_at >= part.since and fact.occurred_at < part.until
        and fact.event_name_id in (select id from event_name) {of_app}
    group by {ordinals}
),
users_of_due as (
    select scope_id, place, {keys} {currency_of_users} as currency, count(distinct user_key) as users
    from due as fact
    group by {ordinals}
),
told as (
    {told}
),
added_up as (
    select
        scope_id, place, {keys} {currency_key}
        sum(count)::bigint as count, sum(value) as value,
        min(currency) filter (where currency <> '' and (count <> 0 or refund_count <> 0)) as currency,
        max(currency) filter (where currency <> '' and (count <> 0 or refund_count <> 0)) as last_currency,
        sum(refund_count)::bigint as refund_count, sum(refund_value) as refund_value, sum(users)::bigint as users,
        sum(due_count)::bigint as due_count, sum(due_value) as due_value,
        min(currency) filter (where currency <> '' and (due_count <> 0 or due_refund_count <> 0)) as due_currency,
        max(currency) filter (where currency <> '' and (due_count <> 0 or due_refund_count <> 0)) as last_due_currency
    from told
    group by scope_id, place {by_keys} {by_currency}
    having sum(count) <> 0 or sum(refund_count) <> 0
),
named as (
    select
        scope_id, place, {names} count, value, currency, currency <> last_currency as mixed, refund_count, refund_value,
        users, due_count, due_value, due_currency, due_currency <> last_due_currency as due_mixed
    from added_up
    {joined_names}
),
ranked as (
    select
        named.*,
        row_number() over (partition by scope_id order by {order}) as position,
        count(*) over (partition by scope_id) as groups,
        sum(count) over (partition by scope_id)::bigint as whole,
        bool_or(mixed) over (partition by scope_id)
        or min(currency) over (partition by scope_id) <> max(currency) over (partition by scope_id) as all_mixed
    from named
    cross join rank
)
select *
from ranked
where position > $21::bigint and position <= $21::bigint + $22::bigint
order by scope_id, position;

-- name: conversion_groups
-- What conversions add up to by some keys, for each scope in $2 (projects or entities of one level), group by group.
--
-- $3: names of events; $4: an app's id, or null. Instants `[since, until)`, the place of their keys among those of the
-- window, and the day whose exchange rates they take: $5 to $8 of whole hours and $9 to $12 of whole quarter hours, which
-- are read from what was rolled up by these; $13 to $16 of the rest, which are read from the conversions; $17 to $20 of
-- all of them. $21: for each place the rank of each of its keys of time. $22 and $23: the days after a click and after a
-- view within which a conversion is due to it; 0: never; $24: whether it then counts when that was. $25 and $26: behind
-- which group, how many. $27: what money is converted to, or null.
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
    select since, until, place, day
    from unnest($5::timestamptz[], $6::timestamptz[], $7::integer[], $8::date[]) as part (since, until, place, day)
),
whole_quarters as (
    select since, until, place, day
    from unnest($9::timestamptz[], $10::timestamptz[], $11::integer[], $12::date[]) as part (since, until, place, day)
),
edges as (
    select since, until, place, day
    from unnest($13::timestamptz[], $14::timestamptz[], $15::integer[], $16::date[]) as part (since, until, place, day)
),
part as (
    select since, until, place, day
    from unnest($17::timestamptz[], $18::timestamptz[], $19::integer[], $20::date[]) as part (since, until, place, day)
),
rank as (
    select $21::integer[] as ranks
),
-- All conversions of projects.
all_by_hour as (
    select
        fact.project_id as scope_id, part.place, part.day, {keys_of_hour} fact.currency, fact.count,
        fact.value - fact.refund_value as value, fact.refund_count, fact.refund_value
    from whole_hours as part
    cross join lateral (
        select *
        from conversion_hour as fact
        where fact.org_id = $1 and fact.project_id = any($2::bigint[])
            and fact.hour >= part.since and fact.hour < part.until
            and fact.event_name_id = any(array(select id from event_name)) 
        -- For each part a range of the index, whatever the planner would rather do.
        offset 0
    ) as fact
),
all_by_quarter as (
    select
        fact.project_id as scope_id, part.place, part.day, {keys_of_all} fact.currency, fact.count,
        fact.value - fact.refund_value as value, fact.refund_count, fact.refund_value
    from whole_quarters as part
    cross join lateral (
        select *
        from conversion_quarter as fact
        where fact.org_id = $1 and fact.project_id = any($2::bigint[])
            and fact.quarter >= part.since and fact.quarter < part.until
            and fact.event_name_id = any(array(select id from event_name)) {of_app}
        -- For each part a range of the index, whatever the planner would rather do.
        offset 0
    ) as fact
),
edge as (
    select part.place, part.day, fact.*
    from edges as part
    cross join lateral (
        select *
        from conversion as fact
        where fact.org_id = $1 and fact.project_id = any($2::bigint[])
            and fact.occurred_at >= part.since and fact.occurred_at < part.until
            and fact.event_name_id = any(array(select id from event_name)) {of_app}
        -- For each part a range of the index, whatever the planner would rather do.
        offset 0
    ) as fact
),
all_edges as (
    select
        fact.project_id as scope_id, fact.place, fact.day, {keys_of_all} fact.currency, 1 as count,
        coalesce(fact.value, 0) as value, 0 as refund_count, 0 as refund_value
    from edge as fact
    union all
    select
        fact.project_id as scope_id, fact.place, fact.day, {keys_of_all} refund.currency, 0, -coalesce(refund.value, 0), 1,
        coalesce(refund.value, 0)
    from edge as fact
    join conversion_refund as refund on refund.org_id = $1 and refund.conversion_id = fact.id
),
-- Those that an ad brought, each when it counts; of projects those, too, that none did.
touched as not materialized (
    select
        fact.*, {counted}
    from conversion as fact
    {touch}
    where fact.org_id = $1 and fact.event_name_id = any(array(select id from event_name)) {of_app}
),
due as (
    select
        {scope} as scope_id, part.place, part.day, {keys_of_due} fact.id, fact.currency, fact.value, fact.user_key,
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
        scope_id, place, day, {keys} currency, count(*) as count, coalesce(sum(value), 0) as value, 0 as refund_count,
        0 as refund_value, is_due
    from due
    group by scope_id, place, day, {keys} currency, is_due
    union all
    select
        due.scope_id, due.place, due.day, {keys} refund.currency, 0, -coalesce(sum(refund.value), 0), count(*),
        coalesce(sum(refund.value), 0), due.is_due
    from due
    join conversion_refund as refund on refund.org_id = $1 and refund.conversion_id = due.id
    group by due.scope_id, due.place, due.day, {keys} refund.currency, due.is_due
),
-- People are counted among the conversions themselves.
users_of_window as (
    -- Nothing but a range of an index, the fastest there is.
    select
        ($2::bigint[])[1] as scope_id, 0 as place, null::date as day, ''::text as currency, count(distinct fact.user_key) as users
    from conversion as fact
    where fact.org_id = $1 and fact.project_id = ($2::bigint[])[1]
        and fact.occurred_at >= ($17::timestamptz[])[1]
        and fact.occurred_at < ($18::timestamptz[])[cardinality($18::timestamptz[])]
        and fact.event_name_id = any(array(select id from event_name))
),
users_of_all as (
    select
        fact.project_id as scope_id, part.place, null::date as day, {keys_of_all} {currency_of_users} as currency,
        count(distinct fact.user_key) as users
    from part
    cross join lateral (
        select fact.project_id, fact.app_id, fact.platform_id, fact.event_name_id, fact.source, fact.currency, fact.user_key
        from conversion as fact
        where fact.org_id = $1 and fact.project_id = any($2::bigint[])
            and fact.occurred_at >= part.since and fact.occurred_at < part.until
            and fact.event_name_id = any(array(select id from event_name)) {of_app}
        -- For each part a range of the index, whatever the planner would rather do.
        offset 0
    ) as fact
    group by {ordinals}
),
users_of_due as (
    select scope_id, place, null::date as day, {keys} {currency_of_users} as currency, count(distinct user_key) as users
    from due as fact
    group by {ordinals}
),
told as (
    {told}
),
{factors},
converted as (
    select
        scope_id, place, {keys} told.currency as told_currency,
        case when told.currency = '' then '' else coalesce($27::text, told.currency) end as currency,
        count, value * {factor} as value, refund_count, refund_value * {factor} as refund_value, users, due_count,
        due_value * {factor} as due_value, due_refund_count,
        ({unrated} and (value <> 0 or refund_value <> 0))::integer as unrated,
        ({unrated} and due_value <> 0)::integer as due_unrated
    from told
    left join factor on factor.currency = told.currency and factor.day = told.day
),
added_up as (
    select
        scope_id, place, {keys} {currency_key}
        sum(count)::bigint as count, coalesce(sum(value), 0) as value,
        min(currency) filter (where currency <> '' and (count <> 0 or refund_count <> 0)) as currency,
        max(currency) filter (where currency <> '' and (count <> 0 or refund_count <> 0)) as last_currency,
        sum(refund_count)::bigint as refund_count, coalesce(sum(refund_value), 0) as refund_value,
        sum(users)::bigint as users, sum(due_count)::bigint as due_count, coalesce(sum(due_value), 0) as due_value,
        sum(unrated) as unrated, sum(due_unrated) as due_unrated,
        min(currency) filter (where currency <> '' and (due_count <> 0 or due_refund_count <> 0)) as due_currency,
        max(currency) filter (where currency <> '' and (due_count <> 0 or due_refund_count <> 0)) as last_due_currency
    from converted
    group by scope_id, place {by_keys} {by_currency}
    having sum(count) <> 0 or sum(refund_count) <> 0
),
named as (
    select
        scope_id, place, {names} count, value, currency, currency <> last_currency as mixed, refund_count, refund_value,
        users, due_count, due_value, due_currency, due_currency <> last_due_currency as due_mixed, unrated, due_unrated
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
-- The first says how many there are, whether it is asked for or not.
where position > $25::bigint and position <= $25::bigint + $26::bigint or position = 1
order by scope_id, position;

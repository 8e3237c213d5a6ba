-- name: lock_conversions
-- Events of the project $2 are taken one batch after the other: the others wait here for their turn.
insert into conversion_version (org_id, project_id, version)
values ($1, $2, 0)
on conflict (org_id, project_id) do update set version = conversion_version.version
returning version;

-- name: conversions_changed
-- Another version of what numbers are computed from.
update conversion_version
set version = version + 1
where org_id = $1 and project_id = $2;

-- name: conversion_names_known
select name, id
from conversion_name
where org_id = $1 and project_id = $2 and name = any($3::text[])
order by id;

-- name: add_conversion_names
insert into conversion_name (org_id, project_id, name)
select $1, $2, wanted.name
from unnest($3::text[]) as wanted (name)
on conflict (org_id, project_id, name) do nothing
returning name, id;

-- name: conversion_users_known
select name, id
from conversion_user
where org_id = $1 and project_id = $2 and name = any($3::text[])
order by id;

-- name: add_conversion_users
-- Those that are not there: nobody else adds some meanwhile.
insert into conversion_user (org_id, project_id, name)
select $1, $2, wanted.name
from unnest($3::text[]) as wanted (name)
returning name, id;

-- name: next_conversion_ids
select nextval('conversion_id') as id
from generate_series(1, $1::integer);

-- name: has_conversions
-- Whether the project $2 has anything of conversions.
select
    exists (select 1 from conversion_key where org_id = $1 and project_id = $2)
    or exists (select 1 from conversion_user where org_id = $1 and project_id = $2) as found;

-- name: conversions_by_keys
-- The conversion that goes by each of the ids $3, of the types $4 and the event names $5; place is that in the arrays,
-- counted from 0.
-- Looked up one by one: however many there are, they are few beside all that were ever sent.
select wanted.place - 1 as place, found.conversion_id
from unnest($3::text[], $4::smallint[], $5::integer[]) with ordinality as wanted (key, type, event_name_id, place)
cross join lateral (
    select conversion_id
    from conversion_key
    where org_id = $1 and project_id = $2 and key = wanted.key and type = wanted.type
        and event_name_id = wanted.event_name_id
    limit 1
) as found
order by wanted.place;

-- name: conversion_messages_of
-- The events of the conversions, or refunds, $3.
select
    conversion_message.conversion_id, conversion_message.kind, conversion_message.source,
    conversion_name.name as event_name, conversion_message.event_id, conversion_message.transaction_id,
    conversion_message.refund_of, conversion_message.occurred_at, conversion_message.app, conversion_message.platform,
    conversion_message.user_id, conversion_message.value, conversion_message.currency,
    conversion_message.currency_assumed, conversion_message.touch_platforms, conversion_message.touch_ads,
    conversion_message.touch_kinds, conversion_message.touch_times, conversion_message.properties
from conversion_message
join conversion_name
    on conversion_name.org_id = $1 and conversion_name.org_id = conversion_message.org_id
    and conversion_name.id = conversion_message.event_name_id
where conversion_message.org_id = $1 and conversion_message.project_id = $2
    and conversion_message.conversion_id = any($3::bigint[])
order by conversion_message.conversion_id, conversion_message.id;

-- name: conversions_as_stored
-- The conversions $3.
select
    conversion.id, conversion.event_name_id, conversion.occurred_at, conversion.app_id, conversion.platform_id,
    conversion.source, conversion.user_key, conversion.value, conversion.currency, conversion.click_ad_id,
    conversion.clicked_at, conversion.view_ad_id, conversion.viewed_at, conversion_name.name as event_name
from conversion
join conversion_name
    on conversion_name.org_id = $1 and conversion_name.org_id = conversion.org_id
    and conversion_name.id = conversion.event_name_id
where conversion.org_id = $1 and conversion.project_id = $2 and conversion.id = any($3::bigint[])
order by conversion.id;

-- name: has_refunds
select exists (select 1 from conversion_refund where org_id = $1 and project_id = $2) as found;

-- name: refunds_concerned
-- The refunds of the conversions $3, those that name one of the ids $4 as their purchase, and the refunds $5.
with concerned as (
    select id from conversion_refund where org_id = $1 and project_id = $2 and conversion_id = any($3::bigint[])
    union
    select id from conversion_refund where org_id = $1 and project_id = $2 and refund_of = any($4::text[])
    union
    select id from conversion_refund where org_id = $1 and project_id = $2 and id = any($5::bigint[])
)
select
    conversion_refund.id, conversion_refund.conversion_id, conversion_refund.event_name_id, conversion_refund.refund_of,
    conversion_refund.value, conversion_refund.currency, conversion_name.name as event_name
from concerned
join conversion_refund on conversion_refund.org_id = $1 and conversion_refund.id = concerned.id
join conversion_name
    on conversion_name.org_id = $1 and conversion_name.org_id = conversion_refund.org_id
    and conversion_name.id = conversion_refund.event_name_id
order by conversion_refund.id;

-- name: purchases_by_ids
-- The conversions that go by the ids $3, as event ids or as transaction ids.
select
    conversion_key.key, conversion_key.type, conversion_key.event_name_id, conversion_key.conversion_id,
    conversion_name.name as event_name
from conversion_key
join conversion_name
    on conversion_name.org_id = $1 and conversion_name.org_id = conversion_key.org_id
    and conversion_name.id = conversion_key.event_name_id
where conversion_key.org_id = $1 and conversion_key.project_id = $2 and conversion_key.key = any($3::text[])
    and conversion_key.type in (1, 2)
order by conversion_key.key, conversion_key.type, conversion_key.event_name_id;

-- name: ads_of_project
-- Those of the ads with the platforms $3 and external ids $4 that are in the project $2.
select ad.platform, ad.external_id, ad.id
from unnest($3::text[], $4::text[]) as wanted (platform, external_id)
join ad on ad.org_id = $1 and ad.platform = wanted.platform and ad.external_id = wanted.external_id
join ad_account
    on ad_account.org_id = $1 and ad_account.org_id = ad.org_id and ad_account.id = ad.ad_account_id
    and ad_account.project_id = $2
order by ad.id;

-- name: move_conversion_messages
-- The events of the conversions $3 are those of the conversions $4, side by side.
update conversion_message
set conversion_id = merged.into_id
from unnest($3::bigint[], $4::bigint[]) as merged (from_id, into_id)
where conversion_message.org_id = $1 and conversion_message.project_id = $2
    and conversion_message.conversion_id = merged.from_id;

-- name: move_conversion_keys
-- The ids $3 of the types $4 and event names $5 lead to the conversions $6.
update conversion_key
set conversion_id = moved.conversion_id
from unnest($3::text[], $4::smallint[], $5::integer[], $6::bigint[]) as moved (key, type, event_name_id, conversion_id)
where conversion_key.org_id = $1 and conversion_key.project_id = $2 and conversion_key.key = moved.key
    and conversion_key.type = moved.type and conversion_key.event_name_id = moved.event_name_id;

-- name: forget_conversions
delete from conversion
where org_id = $1 and project_id = $2 and id = any($3::bigint[]);

-- name: forget_refunds
delete from conversion_refund
where org_id = $1 and project_id = $2 and id = any($3::bigint[]);

-- name: await_ads
-- The conversions $5 have touches of ads $4 of the platforms $3 that are not there.
insert into conversion_waiting_touch (org_id, project_id, platform, external_id, conversion_id)
select $1, $2, waiting.platform, waiting.external_id, waiting.conversion_id
from unnest($3::text[], $4::text[], $5::bigint[]) as waiting (platform, external_id, conversion_id)
on conflict (org_id, project_id, platform, external_id, conversion_id) do nothing;

-- name: stop_awaiting_ads
delete from conversion_waiting_touch
using unnest($3::text[], $4::text[], $5::bigint[]) as waiting (platform, external_id, conversion_id)
where conversion_waiting_touch.org_id = $1 and conversion_waiting_touch.project_id = $2
    and conversion_waiting_touch.platform = waiting.platform
    and conversion_waiting_touch.external_id = waiting.external_id
    and conversion_waiting_touch.conversion_id = waiting.conversion_id;

-- name: add_to_conversion_quarters
insert into conversion_quarter (
    org_id, project_id, quarter, event_name_id, app_id, platform_id, source, currency, count, value, refund_count,
    refund_value
)
select
    $1, $2, to_timestamp(added.quarter * 900), added.event_name_id, added.app_id, added.platform_id, added.source,
    added.currency, added.count, added.value, added.refund_count, added.refund_value
from unnest(
    $3::bigint[], $4::integer[], $5::integer[], $6::integer[], $7::smallint[], $8::text[], $9::bigint[], $10::numeric[],
    $11::bigint[], $12::numeric[]
) as added (
    quarter, event_name_id, app_id, platform_id, source, currency, count, value, refund_count, refund_value
)
on conflict (org_id, project_id, quarter, event_name_id, app_id, platform_id, source, currency) do update set
    count = conversion_quarter.count + excluded.count, value = conversion_quarter.value + excluded.value,
    refund_count = conversion_quarter.refund_count + excluded.refund_count,
    refund_value = conversion_quarter.refund_value + excluded.refund_value;

-- name: add_to_conversion_hours
insert into conversion_hour (
    org_id, project_id, hour, event_name_id, currency, count, value, refund_count, refund_value
)
select
    $1, $2, to_timestamp(added.hour * 3600), added.event_name_id, added.currency, added.count, added.value,
    added.refund_count, added.refund_value
from unnest(
    $3::bigint[], $4::integer[], $5::text[], $6::bigint[], $7::numeric[], $8::bigint[], $9::numeric[]
) as added (hour, event_name_id, currency, count, value, refund_count, refund_value)
on conflict (org_id, project_id, hour, event_name_id, currency) do update set
    count = conversion_hour.count + excluded.count, value = conversion_hour.value + excluded.value,
    refund_count = conversion_hour.refund_count + excluded.refund_count,
    refund_value = conversion_hour.refund_value + excluded.refund_value;

-- name: add_new_conversions
-- All conversions of the project $2 with a number of $3 or beyond. They are found by number alone, whatever is known of
-- the table: an index by project has all that ever came.
with quarter as materialized (
    select
        date_bin(interval '15 minutes', new.occurred_at, timestamptz '1970-01-01 00:00+00') as quarter, new.event_name_id,
        new.app_id, new.platform_id, new.source, new.currency, count(*) as count, coalesce(sum(new.value), 0) as value
    from (select * from conversion where org_id = $1 and id >= $3 offset 0) as new
    where new.project_id = $2
    group by 1, 2, 3, 4, 5, 6
),
hours as (
    insert into conversion_hour (
        org_id, project_id, hour, event_name_id, currency, count, value, refund_count, refund_value
    )
    select $1, $2, date_trunc('hour', quarter, 'UTC') as hour, event_name_id, currency, sum(count), sum(value), 0, 0
    from quarter
    group by hour, event_name_id, currency
    on conflict (org_id, project_id, hour, event_name_id, currency) do update set
        count = conversion_hour.count + excluded.count, value = conversion_hour.value + excluded.value
)
insert into conversion_quarter (
    org_id, project_id, quarter, event_name_id, app_id, platform_id, source, currency, count, value, refund_count,
    refund_value
)
select $1, $2, quarter, event_name_id, app_id, platform_id, source, currency, count, value, 0, 0
from quarter
on conflict (org_id, project_id, quarter, event_name_id, app_id, platform_id, source, currency) do update set
    count = conversion_quarter.count + excluded.count, value = conversion_quarter.value + excluded.value;

-- name: project_currency
-- What values without a currency are in.
select reporting_currency from project where org_id = $1 and id = $2;

-- name: gather_conversion_statistics
-- So that queries are planned for what was just imported, rather than for empty tables.
analyze conversion, conversion_refund, conversion_key, conversion_message, conversion_quarter, conversion_hour, tracked_day;

-- name: add_up_in_memory
-- Until the transaction ends: memory for the sums over many events at once.
select set_config('work_mem', '256MB', true) as memory
from organization
where id = $1;

-- name: commit_durably
-- What this transaction commits is on disk before anybody hears of it, even where the server is set up otherwise.
select set_config('synchronous_commit', 'on', true) as value
from organization
where id = $1 and current_setting('synchronous_commit') = 'off';

-- name: ads_of_ad_accounts
select id
from ad
where org_id = $1 and ad_account_id = any($2::bigint[])
order by id;

-- name: conversions_touched
-- The next $5 conversions of the project $2 after the number $4 whose last click or view was of one of the ads $3.
with touched as (
    select id
    from conversion
    where org_id = $1 and project_id = $2 and click_ad_id = any($3::bigint[]) and id > $4
    union
    select id
    from conversion
    where org_id = $1 and project_id = $2 and view_ad_id = any($3::bigint[]) and id > $4
    order by id
    limit $5
)
select
    conversion.id, conversion.event_name_id, conversion.occurred_at, conversion.app_id, conversion.platform_id,
    conversion.source, conversion.user_key, conversion.value, conversion.currency, conversion.click_ad_id,
    conversion.clicked_at, conversion.view_ad_id, conversion.viewed_at, conversion_name.name as event_name
from touched
join conversion on conversion.org_id = $1 and conversion.id = touched.id
join conversion_name
    on conversion_name.org_id = $1 and conversion_name.org_id = conversion.org_id
    and conversion_name.id = conversion.event_name_id
order by conversion.id;

-- name: refunds_of_conversions
select id, conversion_id, value, currency
from conversion_refund
where org_id = $1 and project_id = $2 and conversion_id = any($3::bigint[])
order by id;

-- name: conversions_awaiting
-- The conversions of the project $2 that have touches of the ads $3, which were not there when they came.
select distinct waiting.conversion_id as id
from ad
join conversion_waiting_touch as waiting
    on waiting.org_id = $1 and waiting.org_id = ad.org_id and waiting.project_id = $2
    and waiting.platform = ad.platform and waiting.external_id = ad.external_id
where ad.org_id = $1 and ad.id = any($3::bigint[])
order by id;

-- name: ads_awaited_are_there
-- Nobody in the project $2 waits for the ads $3 any longer.
delete from conversion_waiting_touch
using ad
where conversion_waiting_touch.org_id = $1 and conversion_waiting_touch.project_id = $2 and ad.org_id = $1
    and ad.org_id = conversion_waiting_touch.org_id and ad.id = any($3::bigint[])
    and conversion_waiting_touch.platform = ad.platform
    and conversion_waiting_touch.external_id = ad.external_id;

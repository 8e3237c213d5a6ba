-- name: clear_rollup
-- Forgets what stands at level $3 of the ad account $2 on the days $4.
delete from daily_rollup
where org_id = $1 and ad_account_id = $2 and level = $3 and day = any($4::date[]);

-- name: roll_up
-- Writes what stands at level $3 of the ad account $2 on the days $4: an entity's own row, metric by metric, and where
-- it has none or leaves a metric out, what its children sum to. Without any own row these are all that stands.
with below as (
    select
        {parent} as entity_id, child.day, child.missing,
        added(child.spend_micros) as spend_micros, added(child.impressions) as impressions, added(child.clicks) as clicks,
        added(child.link_clicks) as link_clicks, added(child.conversions_millionths) as conversions_millionths,
        added(child.conversion_value_micros) as conversion_value_micros, {reach_rows} as reach_rows
    from {children}
    where child.org_id = $1 and child.ad_account_id = $2 and child.level = $3 + 1 and child.day = any($4::date[])
        and {above}
    group by {parent}, child.day, child.missing
),
own as (
    select
        entity_id, day, missing, spend_micros, impressions, clicks, link_clicks, conversions_millionths,
        conversion_value_micros, reach
    from daily_fact
    where org_id = $1 and ad_account_id = $2 and level = $3 and day = any($4::date[])
),
told as (
    select
        entity_id, day, missing, true as is_own, spend_micros, impressions, clicks, link_clicks,
        conversions_millionths, conversion_value_micros, reach, (reach is not null)::integer as reach_rows
    from own
    union all
    select
        entity_id, day, missing, false, spend_micros, impressions, clicks, link_clicks,
        conversions_millionths, conversion_value_micros, null, reach_rows
    from below
),
weighed as (
    -- One sorted pass brings the own row and the children together: a join would be planned by statistics that fresh
    -- tables do not have.
    select
        told.*,
        coalesce(bit_and(missing) filter (where is_own) over entity_day, 63) as own_missing,
        coalesce(bit_and(missing) filter (where not is_own) over entity_day, 63) as below_missing
    from told
    window entity_day as (partition by entity_id, day)
),
standing as (
    -- What the own row lacks stays missing only where no child reports it either. Of the children only what the own row
    -- lacks; without one, everything.
    select
        entity_id, day, reach, reach_rows,
        missing & case when is_own then below_missing else own_missing end as missing,
        case when is_own or own_missing & 1 <> 0 then spend_micros else 0 end as spend_micros,
        case when is_own or own_missing & 2 <> 0 then impressions else 0 end as impressions,
        case when is_own or own_missing & 4 <> 0 then clicks else 0 end as clicks,
        case when is_own or own_missing & 8 <> 0 then link_clicks else 0 end as link_clicks,
        case when is_own or own_missing & 16 <> 0 then conversions_millionths else 0 end as conversions_millionths,
        case when is_own or own_missing & 32 <> 0 then conversion_value_micros else 0 end as conversion_value_micros
    from weighed
)
insert into daily_rollup (
    org_id, ad_account_id, entity_id, day, level, missing, spend_micros, impressions, clicks, link_clicks,
    conversions_millionths, conversion_value_micros, reach, reach_rows, days
)
select
    $1, $2, entity_id, day, $3, missing, added(spend_micros), added(impressions), added(clicks), added(link_clicks),
    added(conversions_millionths), added(conversion_value_micros), max(reach), added(reach_rows),
    case when row_number() over (partition by entity_id, day order by missing) = 1 then 1 else 0 end
from {standing}
group by entity_id, day, missing;

-- name: plan_for_many_rows
-- Until the transaction ends: no joins that loop, no sorting where hashing does, and memory for either. In tables that
-- it has just filled the planner expects next to no rows, and would loop over all of them.
select set_config('enable_nestloop', 'off', true) as loops, set_config('enable_sort', 'off', true) as sorts,
    set_config('work_mem', '64MB', true) as memory
from organization
where id = $1;

-- name: plan_as_usual
-- Takes `plan_for_many_rows` back.
select set_config('enable_nestloop', 'on', true) as loops, set_config('enable_sort', 'on', true) as sorts
from organization
where id = $1;

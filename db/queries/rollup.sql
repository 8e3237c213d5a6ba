-- name: clear_rollup
-- Forgets what stands at level $3 of the ad account $2 on the days $4.
delete from daily_rollup
where org_id = $1 and ad_account_id = $2 and level = $3 and day = any($4::date[]);

-- name: roll_up
-- Writes what stands at level $3 of the ad account $2 on the days $4: an entity's own row, metric by metric, and where
-- it has none or leaves a metric out, what its children sum to. {below} gives the children's rows with their parent.
with below as (
    {below}
),
own as (
    select
        entity_id, day, missing, spend_micros, impressions, clicks, link_clicks, conversions_millionths,
        conversion_value_micros, reach
    from daily_fact
    where org_id = $1 and ad_account_id = $2 and level = $3 and day = any($4::date[])
),
standing as (
    -- What the own row lacks stays missing only where no child reports it either.
    select
        own.entity_id, own.day,
        own.missing & coalesce(
            (
                select bit_and(below.missing)
                from below
                where below.entity_id = own.entity_id and below.day = own.day
            ),
            own.missing
        ) as missing,
        own.spend_micros, own.impressions, own.clicks, own.link_clicks, own.conversions_millionths,
        own.conversion_value_micros, own.reach, (own.reach is not null)::integer as reach_rows
    from own
    union all
    -- Of the children only what the own row lacks; without one, everything.
    select
        below.entity_id, below.day, below.missing & coalesce(own.missing, 63),
        case when coalesce(own.missing, 63) & 1 = 0 then 0 else below.spend_micros end,
        case when coalesce(own.missing, 63) & 2 = 0 then 0 else below.impressions end,
        case when coalesce(own.missing, 63) & 4 = 0 then 0 else below.clicks end,
        case when coalesce(own.missing, 63) & 8 = 0 then 0 else below.link_clicks end,
        case when coalesce(own.missing, 63) & 16 = 0 then 0 else below.conversions_millionths end,
        case when coalesce(own.missing, 63) & 32 = 0 then 0 else below.conversion_value_micros end,
        null, below.reach_rows
    from below
    left join own on own.entity_id = below.entity_id and own.day = below.day
)
insert into daily_rollup (
    org_id, ad_account_id, entity_id, day, level, missing, spend_micros, impressions, clicks, link_clicks,
    conversions_millionths, conversion_value_micros, reach, reach_rows, days
)
select
    $1, $2, entity_id, day, $3, missing, sum(spend_micros), sum(impressions), sum(clicks), sum(link_clicks),
    sum(conversions_millionths), sum(conversion_value_micros), max(reach), sum(reach_rows),
    case when row_number() over (partition by entity_id, day order by missing) = 1 then 1 else 0 end
from standing
group by entity_id, day, missing;

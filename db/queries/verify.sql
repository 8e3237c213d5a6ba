-- name: read_one_moment
-- Whatever this transaction reads is of one moment: imports that end meanwhile do not show.
set transaction isolation level repeatable read, read only;

-- name: ad_accounts_to_verify
-- The ad accounts of the project $2 (null: of all), with how many facts they have.
select ad_account.id, ad_account.external_id, count(daily_fact.day) as facts
from ad_account
join project on project.org_id = $1 and project.org_id = ad_account.org_id and project.id = ad_account.project_id
left join daily_fact on daily_fact.org_id = $1 and daily_fact.ad_account_id = ad_account.id
where ad_account.org_id = $1 and ($2::text is null or project.name = $2)
group by ad_account.id, ad_account.external_id
order by ad_account.id;

-- name: external_ids
-- The platforms' ids of the entities $2, of the table {table}.
select id, external_id
from {table}
where org_id = $1 and id = any($2::bigint[])
order by id;

-- name: verify_rollup
-- Where what stands at level $3 of the ad account $2 is not what the facts there and the level below say; that one has
-- been verified before. At most $4 such rows, with how many there are.
with below as (
    select
        {parent} as entity_id, child.day, child.missing, sum(child.spend_micros) as spend_micros,
        sum(child.impressions) as impressions, sum(child.clicks) as clicks, sum(child.link_clicks) as link_clicks,
        sum(child.conversions_millionths) as conversions_millionths,
        sum(child.conversion_value_micros) as conversion_value_micros, sum({reach_rows}) as reach_rows
    from {children}
    where child.org_id = $1 and child.ad_account_id = $2 and child.level = $3 + 1
    group by {parent}, child.day, child.missing
),
own as (
    select * from daily_fact where org_id = $1 and ad_account_id = $2 and level = $3
),
told as (
    -- Of the children, what the own row lacks.
    select
        below.entity_id, below.day, below.missing & own_lacks.missing as missing, null::bigint as reach,
        below.reach_rows,
        below.spend_micros * (own_lacks.missing & 1) as spend_micros,
        below.impressions * ((own_lacks.missing >> 1) & 1) as impressions,
        below.clicks * ((own_lacks.missing >> 2) & 1) as clicks,
        below.link_clicks * ((own_lacks.missing >> 3) & 1) as link_clicks,
        below.conversions_millionths * ((own_lacks.missing >> 4) & 1) as conversions_millionths,
        below.conversion_value_micros * ((own_lacks.missing >> 5) & 1) as conversion_value_micros
    from below
    left join own on own.entity_id = below.entity_id and own.day = below.day
    cross join lateral (select coalesce(own.missing, 63) as missing) as own_lacks
    union all
    -- The own row, which lacks only what no child reports either.
    select
        own.entity_id, own.day, own.missing & coalesce(children.missing, 63), own.reach,
        (own.reach is not null)::integer, own.spend_micros, own.impressions, own.clicks, own.link_clicks,
        own.conversions_millionths, own.conversion_value_micros
    from own
    left join (
        select entity_id, day, bit_and(missing) as missing from below group by entity_id, day
    ) as children on children.entity_id = own.entity_id and children.day = own.day
),
expected as (
    select
        entity_id, day, missing, sum(spend_micros) as spend_micros, sum(impressions) as impressions,
        sum(clicks) as clicks, sum(link_clicks) as link_clicks, sum(conversions_millionths) as conversions_millionths,
        sum(conversion_value_micros) as conversion_value_micros, max(reach) as reach, sum(reach_rows) as reach_rows,
        (missing = min(missing) over (partition by entity_id, day))::integer as days
    from told
    group by entity_id, day, missing
),
stored as (
    select
        entity_id, day, missing, spend_micros::numeric, impressions::numeric, clicks::numeric, link_clicks::numeric,
        conversions_millionths::numeric, conversion_value_micros::numeric, reach, reach_rows::numeric, days::integer
    from daily_rollup
    where org_id = $1 and ad_account_id = $2 and level = $3
)
select
    entity_id, day, missing, row_to_json(expected)::text as expected, row_to_json(stored)::text as found,
    count(*) over () as count
from expected
full join stored using (entity_id, day, missing)
where (
    expected.spend_micros, expected.impressions, expected.clicks, expected.link_clicks, expected.conversions_millionths,
    expected.conversion_value_micros, expected.reach, expected.reach_rows, expected.days
) is distinct from (
    stored.spend_micros, stored.impressions, stored.clicks, stored.link_clicks, stored.conversions_millionths,
    stored.conversion_value_micros, stored.reach, stored.reach_rows, stored.days
)
order by entity_id, day, missing
limit $4;

-- name: verify_running_totals
-- Where the running totals of level $3 of the ad account $2 do not grow from day to day by what stands on the day, or a
-- line is not where it was the day before. At most $4 such lines, with how many there are.
with line as (
    select
        running_total.chunk, running_total.day, told.place, told.entity_id, told.missing, told.row_count, told.days,
        told.reach_rows, told.spend_micros, told.impressions, told.clicks, told.link_clicks,
        told.conversions_millionths, told.conversion_value_micros
    from running_total
    cross join lateral unnest(
        entity_ids, missing, row_counts, days, reach_rows, spend_micros, impressions, clicks, link_clicks,
        conversions_millionths, conversion_value_micros
    ) with ordinality as told (
        entity_id, missing, row_count, days, reach_rows, spend_micros, impressions, clicks, link_clicks,
        conversions_millionths, conversion_value_micros, place
    )
    where org_id = $1 and ad_account_id = $2 and level = $3
),
grown as (
    select
        entity_id, day, missing, place, lag(place, 1, place) over past as place_before,
        -- A line goes on to the last day of its chunk.
        lead(day) over past is null and day < max(day) over (partition by chunk) as broken_off,
        row_count - lag(row_count, 1, 0::bigint) over past as row_count,
        days - lag(days, 1, 0::bigint) over past as days,
        reach_rows - lag(reach_rows, 1, 0::bigint) over past as reach_rows,
        spend_micros - lag(spend_micros, 1, 0::bigint) over past as spend_micros,
        impressions - lag(impressions, 1, 0::bigint) over past as impressions,
        clicks - lag(clicks, 1, 0::bigint) over past as clicks,
        link_clicks - lag(link_clicks, 1, 0::bigint) over past as link_clicks,
        conversions_millionths - lag(conversions_millionths, 1, 0::bigint) over past as conversions_millionths,
        conversion_value_micros - lag(conversion_value_micros, 1, 0::bigint) over past as conversion_value_micros
    from line
    window past as (partition by chunk, entity_id, missing order by day)
),
standing as (
    select
        entity_id, day, missing, 1 as row_count, {days} as days, {reach_rows} as reach_rows, spend_micros, impressions,
        clicks, link_clicks, conversions_millionths, conversion_value_micros
    from {table}
    where org_id = $1 and ad_account_id = $2 and level = $3
)
select
    entity_id, day, missing, row_to_json(standing)::text as expected, row_to_json(grown)::text as found,
    count(*) over () as count
from standing
full join grown using (entity_id, day, missing)
where (
    coalesce(standing.row_count, 0), coalesce(standing.days, 0), coalesce(standing.reach_rows, 0),
    coalesce(standing.spend_micros, 0), coalesce(standing.impressions, 0), coalesce(standing.clicks, 0),
    coalesce(standing.link_clicks, 0), coalesce(standing.conversions_millionths, 0),
    coalesce(standing.conversion_value_micros, 0), true, false
) is distinct from (
    grown.row_count, grown.days, grown.reach_rows, grown.spend_micros, grown.impressions, grown.clicks,
    grown.link_clicks, grown.conversions_millionths, grown.conversion_value_micros, grown.place = grown.place_before,
    grown.broken_off
)
order by entity_id, day, missing
limit $4;

-- name: running_total_chunks
-- The chunks of level $3 of the ad account $2 in which anything stands on the days $4, or stood.
select distinct entity_id / {chunk} as chunk
from {table}
where org_id = $1 and ad_account_id = $2 and level = $3 and day = any($4::date[])
union
select chunk
from running_total
where org_id = $1 and ad_account_id = $2 and level = $3 and day = any($4::date[]);

-- name: clear_running_totals
-- Forgets the running totals of the chunks $4 of level $3 of the ad account $2 from the day $5 on.
delete from running_total
where org_id = $1 and ad_account_id = $2 and level = $3 and chunk = any($4::bigint[]) and day >= $5;

-- name: add_up
-- Writes the running totals of the chunks $4 of level $3 of the ad account $2 from the day $5 on, from those of the days
-- before.
with known as (
    select
        wanted.chunk, line.place, line.entity_id, line.missing, line.row_count, line.days, line.reach_rows,
        line.spend_micros, line.impressions, line.clicks, line.link_clicks, line.conversions_millionths,
        line.conversion_value_micros
    from unnest($4::bigint[]) as wanted (chunk)
    cross join lateral (
        select *
        from running_total
        where org_id = $1 and ad_account_id = $2 and level = $3 and running_total.chunk = wanted.chunk and day < $5
        order by day desc
        limit 1
    ) as last
    cross join lateral unnest(
        last.entity_ids, last.missing, last.row_counts, last.days, last.reach_rows, last.spend_micros, last.impressions,
        last.clicks, last.link_clicks, last.conversions_millionths, last.conversion_value_micros
    ) with ordinality as line (
        entity_id, missing, row_count, days, reach_rows, spend_micros, impressions, clicks, link_clicks,
        conversions_millionths, conversion_value_micros, place
    )
),
standing as materialized (
    select
        entity_id / {chunk} as chunk, entity_id, missing, day, {days} as days, {reach_rows} as reach_rows, spend_micros,
        impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
    from {table}
    where org_id = $1 and ad_account_id = $2 and level = $3 and day >= $5 and entity_id / {chunk} = any($4::bigint[])
),
-- Lines that begin now come after those that are there, so that older rows stay the first part of newer ones.
told as (
    select
        chunk, place, entity_id, missing, $5::date as first, row_count, days, reach_rows, spend_micros, impressions,
        clicks, link_clicks, conversions_millionths, conversion_value_micros
    from known
    union all
    select chunk, null, entity_id, missing, min(day), 0, 0, 0, 0, 0, 0, 0, 0, 0
    from standing
    group by chunk, entity_id, missing
),
line as (
    select
        chunk, entity_id, missing, min(first) as first, sum(row_count) as row_count, sum(days) as days,
        sum(reach_rows) as reach_rows, sum(spend_micros) as spend_micros, sum(impressions) as impressions,
        sum(clicks) as clicks, sum(link_clicks) as link_clicks, sum(conversions_millionths) as conversions_millionths,
        sum(conversion_value_micros) as conversion_value_micros,
        row_number() over (partition by chunk order by max(place), min(first), entity_id, missing) as place
    from told
    group by chunk, entity_id, missing
),
running as (
    select
        chunk_day.chunk, chunk_day.day, line.place, line.entity_id, line.missing,
        line.row_count + count(standing.day) over until_day as row_count,
        line.days + coalesce(sum(standing.days) over until_day, 0) as days,
        line.reach_rows + coalesce(sum(standing.reach_rows) over until_day, 0) as reach_rows,
        line.spend_micros + coalesce(sum(standing.spend_micros) over until_day, 0) as spend_micros,
        line.impressions + coalesce(sum(standing.impressions) over until_day, 0) as impressions,
        line.clicks + coalesce(sum(standing.clicks) over until_day, 0) as clicks,
        line.link_clicks + coalesce(sum(standing.link_clicks) over until_day, 0) as link_clicks,
        line.conversions_millionths
            + coalesce(sum(standing.conversions_millionths) over until_day, 0) as conversions_millionths,
        line.conversion_value_micros
            + coalesce(sum(standing.conversion_value_micros) over until_day, 0) as conversion_value_micros
    from (select distinct chunk, day from standing) as chunk_day
    join line on line.chunk = chunk_day.chunk and line.first <= chunk_day.day
    left join standing
        on standing.entity_id = line.entity_id and standing.missing = line.missing and standing.day = chunk_day.day
    window until_day as (partition by line.chunk, line.place order by chunk_day.day)
)
insert into running_total (
    org_id, ad_account_id, level, chunk, day, entity_ids, missing, row_counts, days, reach_rows, spend_micros,
    impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
)
select
    $1, $2, $3, chunk, day,
    array_agg(entity_id order by place), array_agg(missing order by place), array_agg(row_count::integer order by place),
    array_agg(days::integer order by place), array_agg(reach_rows::integer order by place),
    array_agg(spend_micros::bigint order by place), array_agg(impressions::bigint order by place),
    array_agg(clicks::bigint order by place), array_agg(link_clicks::bigint order by place),
    array_agg(conversions_millionths::bigint order by place),
    array_agg(conversion_value_micros::bigint order by place)
from running
group by chunk, day;

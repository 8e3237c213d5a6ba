-- name: running_total_chunks
-- The chunks of level $3 of the ad account $2 in which anything may stand on the days $4, or stood.
select distinct entity_id / {chunk} as chunk
from ({entities}) as entity
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
    from {standing}
),
line as (
    select
        chunk, entity_id, missing, min(first) as first,
        (row_number() over (partition by chunk order by min(place), min(first), entity_id, missing))::integer as place
    from (
        select chunk, place, entity_id, missing, $5::date as first from known
        union all
        select chunk, null, entity_id, missing, min(day) from standing group by chunk, entity_id, missing
    ) as told
    group by chunk, entity_id, missing
),
chunk_day as (
    select chunk, day, count(*) as row_count, row_number() over (partition by chunk order by day desc) as days_left
    from standing
    group by chunk, day
),
-- Chunks in which a line has no row on a day after its first.
sparse as (
    select line.chunk
    from line
    join (select chunk, count(*) as days, sum(row_count) as row_count from chunk_day group by chunk) as whole
        on whole.chunk = line.chunk
    left join chunk_day on chunk_day.chunk = line.chunk and chunk_day.day = line.first
    group by line.chunk, whole.row_count
    having sum(coalesce(chunk_day.days_left, whole.days)) > whole.row_count
),
-- What the lines come to before the first day, the days that they have a row on, and those that they have none on.
step as (
    select
        known.chunk, line.place, $5::date - 1 as day, known.entity_id, known.missing, known.row_count, known.days,
        known.reach_rows, known.spend_micros, known.impressions, known.clicks, known.link_clicks,
        known.conversions_millionths, known.conversion_value_micros
    from known
    join line on line.entity_id = known.entity_id and line.missing = known.missing
    union all
    select
        standing.chunk, line.place, standing.day, standing.entity_id, standing.missing, 1, standing.days,
        standing.reach_rows, standing.spend_micros, standing.impressions, standing.clicks, standing.link_clicks,
        standing.conversions_millionths, standing.conversion_value_micros
    from standing
    join line on line.entity_id = standing.entity_id and line.missing = standing.missing
    union all
    select line.chunk, line.place, chunk_day.day, line.entity_id, line.missing, 0, 0, 0, 0, 0, 0, 0, 0, 0
    from sparse
    join line on line.chunk = sparse.chunk
    join chunk_day on chunk_day.chunk = line.chunk and chunk_day.day >= line.first
    left join standing
        on standing.entity_id = line.entity_id and standing.missing = line.missing and standing.day = chunk_day.day
    where standing.entity_id is null
),
running as (
    select
        chunk, day, place, entity_id, missing,
        added(row_count) over until_day as row_count,
        added(days) over until_day as days,
        added(reach_rows) over until_day as reach_rows,
        added(spend_micros) over until_day as spend_micros,
        added(impressions) over until_day as impressions,
        added(clicks) over until_day as clicks,
        added(link_clicks) over until_day as link_clicks,
        added(conversions_millionths) over until_day as conversions_millionths,
        added(conversion_value_micros) over until_day as conversion_value_micros
    from step
    window until_day as (partition by chunk, place order by day rows unbounded preceding)
)
insert into running_total (
    org_id, ad_account_id, level, chunk, day, entity_ids, missing, row_counts, days, reach_rows, spend_micros,
    impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
)
select
    $1, $2, $3, chunk, day,
    array_agg(entity_id order by place), array_agg(missing order by place), array_agg(row_count::integer order by place),
    array_agg(days::integer order by place), array_agg(reach_rows::integer order by place),
    array_agg(spend_micros order by place), array_agg(impressions order by place),
    array_agg(clicks order by place), array_agg(link_clicks order by place),
    array_agg(conversions_millionths order by place),
    array_agg(conversion_value_micros order by place)
from running
where day >= $5
group by chunk, day;

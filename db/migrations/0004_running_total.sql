-- What has stood for entities since their first day, added up: a window is the difference of two days, however long.
--
-- A line is what an entity's rows of one `missing` add up to. The lines of a chunk (entities of one account and level
-- whose ids divided by 512 are equal) lie side by side in arrays, in the order in which they began: those of an earlier
-- day are the first of those of a later one. A chunk has a row for each day on which any of its entities has one.
create table running_total (
    org_id bigint not null,
    ad_account_id bigint not null,
    level smallint not null check (level between 1 and 4),
    chunk bigint not null,
    day date not null,
    entity_ids bigint[] not null,
    missing smallint[] not null,
    -- the rows that were added up, so that a line without any in a window can be told from one whose rows are 0
    row_counts integer[] not null,
    days integer[] not null,
    reach_rows integer[] not null,
    spend_micros bigint[] not null,
    impressions bigint[] not null,
    clicks bigint[] not null,
    link_clicks bigint[] not null,
    conversions_millionths bigint[] not null,
    conversion_value_micros bigint[] not null,
    primary key (org_id, ad_account_id, level, chunk, day)
);

-- To compress them takes longer than to add them up.
alter table running_total
    alter column entity_ids set storage external,
    alter column missing set storage external,
    alter column row_counts set storage external,
    alter column days set storage external,
    alter column reach_rows set storage external,
    alter column spend_micros set storage external,
    alter column impressions set storage external,
    alter column clicks set storage external,
    alter column link_clicks set storage external,
    alter column conversions_millionths set storage external,
    alter column conversion_value_micros set storage external;

-- What stands already.
insert into running_total (
    org_id, ad_account_id, level, chunk, day, entity_ids, missing, row_counts, days, reach_rows, spend_micros,
    impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
)
with standing as materialized (
    select
        org_id, ad_account_id, level, entity_id / 512 as chunk, day, entity_id, missing, days, reach_rows, spend_micros,
        impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
    from daily_rollup
    union all
    select
        org_id, ad_account_id, level, entity_id / 512, day, entity_id, missing, 1, (reach is not null)::integer,
        spend_micros, impressions, clicks, link_clicks, conversions_millionths, conversion_value_micros
    from daily_fact
    where level = 4
),
line as (
    select
        org_id, ad_account_id, level, chunk, entity_id, missing, min(day) as first,
        row_number() over (
            partition by org_id, ad_account_id, level, chunk order by min(day), entity_id, missing
        ) as place
    from standing
    group by org_id, ad_account_id, level, chunk, entity_id, missing
),
running as (
    select
        chunk_day.org_id, chunk_day.ad_account_id, chunk_day.level, chunk_day.chunk, chunk_day.day,
        line.place, line.entity_id, line.missing,
        count(standing.day) over until_day as row_count,
        coalesce(sum(standing.days) over until_day, 0) as days,
        coalesce(sum(standing.reach_rows) over until_day, 0) as reach_rows,
        coalesce(sum(standing.spend_micros) over until_day, 0) as spend_micros,
        coalesce(sum(standing.impressions) over until_day, 0) as impressions,
        coalesce(sum(standing.clicks) over until_day, 0) as clicks,
        coalesce(sum(standing.link_clicks) over until_day, 0) as link_clicks,
        coalesce(sum(standing.conversions_millionths) over until_day, 0) as conversions_millionths,
        coalesce(sum(standing.conversion_value_micros) over until_day, 0) as conversion_value_micros
    from (select distinct org_id, ad_account_id, level, chunk, day from standing) as chunk_day
    join line
        on line.org_id = chunk_day.org_id and line.ad_account_id = chunk_day.ad_account_id
        and line.level = chunk_day.level and line.chunk = chunk_day.chunk and line.first <= chunk_day.day
    left join standing
        on standing.org_id = chunk_day.org_id and standing.ad_account_id = chunk_day.ad_account_id
        and standing.level = chunk_day.level and standing.chunk = chunk_day.chunk
        and standing.day = chunk_day.day and standing.entity_id = line.entity_id and standing.missing = line.missing
    window until_day as (
        partition by chunk_day.org_id, chunk_day.ad_account_id, chunk_day.level, chunk_day.chunk, line.place
        order by chunk_day.day
    )
)
select
    org_id, ad_account_id, level, chunk, day,
    array_agg(entity_id order by place), array_agg(missing order by place), array_agg(row_count::integer order by place),
    array_agg(days::integer order by place), array_agg(reach_rows::integer order by place),
    array_agg(spend_micros::bigint order by place), array_agg(impressions::bigint order by place),
    array_agg(clicks::bigint order by place), array_agg(link_clicks::bigint order by place),
    array_agg(conversions_millionths::bigint order by place),
    array_agg(conversion_value_micros::bigint order by place)
from running
group by org_id, ad_account_id, level, chunk, day;

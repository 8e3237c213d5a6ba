-- No query is planned by how metrics are spread: to look at them takes longer than to look at all the keys.
alter table daily_fact
    alter column spend_micros set statistics 0,
    alter column impressions set statistics 0,
    alter column clicks set statistics 0,
    alter column link_clicks set statistics 0,
    alter column conversions_millionths set statistics 0,
    alter column conversion_value_micros set statistics 0;

alter table daily_rollup
    alter column spend_micros set statistics 0,
    alter column impressions set statistics 0,
    alter column clicks set statistics 0,
    alter column link_clicks set statistics 0,
    alter column conversions_millionths set statistics 0,
    alter column conversion_value_micros set statistics 0;

alter table running_total
    alter column entity_ids set statistics 0,
    alter column missing set statistics 0,
    alter column row_counts set statistics 0,
    alter column days set statistics 0,
    alter column reach_rows set statistics 0,
    alter column spend_micros set statistics 0,
    alter column impressions set statistics 0,
    alter column clicks set statistics 0,
    alter column link_clicks set statistics 0,
    alter column conversions_millionths set statistics 0,
    alter column conversion_value_micros set statistics 0;

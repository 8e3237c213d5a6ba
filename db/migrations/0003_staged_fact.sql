-- Where an import collects what its files say before any of it counts: rows in the order and the form of the files.
-- They live only inside the import's transaction, so nothing of them needs the write-ahead log or an index.
create unlogged table staged_fact (
    org_id bigint not null,
    import_id bigint not null,
    -- the import's own number for the entity
    entity integer not null,
    day date not null,
    -- -1: the whole day
    part smallint not null,
    -- of rows of one entity, day and part the largest stands
    version bigint not null,
    -- the import's own number for the file
    file integer not null,
    line integer not null,
    missing smallint not null,
    spend_micros bigint not null,
    impressions bigint not null,
    clicks bigint not null,
    link_clicks bigint not null,
    conversions_millionths bigint not null,
    conversion_value_micros bigint not null,
    reach bigint
);

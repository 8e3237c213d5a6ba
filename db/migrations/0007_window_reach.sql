-- How many people an entity reached over several days, as its platform reported it: no sum of days tells that.
create table window_reach (
    org_id bigint not null,
    entity_id bigint not null,
    -- the first day and the day after the last; from -infinity to infinity: the whole life of the entity so far
    since date not null,
    until date not null check (since < until),
    reach bigint not null check (reach >= 0),
    -- when the platform said so; null: not known, then it is as of its import
    extracted_at timestamptz,
    import_id bigint not null,
    primary key (org_id, entity_id, since, until)
);

-- What old days of tracked_day add up to, the entities of an ad account and level side by side.
--
-- Spans of 1, 4 and 16 days, counted from 1970-01-01, for each chunk of entities (ids divided by 512) in which any of
-- them has something: long windows of many entities are read by few rows, and by the two arrays of their choice.
create table tracked_span (
    org_id bigint not null,
    ad_account_id bigint not null,
    basis smallint not null check (basis in (0, 1)),
    level smallint not null,
    chunk bigint not null,
    span smallint not null check (span in (1, 4, 16)),
    -- the first of them
    day date not null,
    event_name text collate "C" not null,
    currency text collate "C" not null,
    kind smallint not null check (kind in (1, 2)),
    -- what follows is in their order
    entity_ids bigint[] not null,
    counts_0_1 integer[] not null, counts_0_7 integer[] not null, counts_0_28 integer[] not null,
    counts_1_0 integer[] not null, counts_1_1 integer[] not null, counts_1_7 integer[] not null,
    counts_1_28 integer[] not null, counts_7_0 integer[] not null, counts_7_1 integer[] not null,
    counts_7_7 integer[] not null, counts_7_28 integer[] not null, counts_28_0 integer[] not null,
    counts_28_1 integer[] not null, counts_28_7 integer[] not null, counts_28_28 integer[] not null,
    values_0_1 numeric[] not null, values_0_7 numeric[] not null, values_0_28 numeric[] not null,
    values_1_0 numeric[] not null, values_1_1 numeric[] not null, values_1_7 numeric[] not null,
    values_1_28 numeric[] not null, values_7_0 numeric[] not null, values_7_1 numeric[] not null,
    values_7_7 numeric[] not null, values_7_28 numeric[] not null, values_28_0 numeric[] not null,
    values_28_1 numeric[] not null, values_28_7 numeric[] not null, values_28_28 numeric[] not null,
    primary key (org_id, ad_account_id, basis, level, chunk, span, day, event_name, currency, kind)
);

-- To compress them takes longer than to add them up.
do $$
declare
    wide record;
begin
    for wide in
        select attname as name
        from pg_attribute
        where attrelid = 'tracked_span'::regclass and attnum > 0 and attndims > 0
    loop
        execute format('alter table tracked_span alter column %I set storage external', wide.name);
    end loop;
end
$$;

-- The spans that tracked_day held are added up anew, by what next takes events or moves ads; until then days are read.
delete from tracked_day where span <> 1;
delete from tracked_through;
alter table tracked_day drop constraint tracked_day_span_check;
-- 1: the day's sums; 0: what of them came after tracked_through had passed the day
alter table tracked_day add constraint tracked_day_span_check check (span in (0, 1));
create index tracked_day_late on tracked_day (org_id, entity_id, basis, day) where span = 0;

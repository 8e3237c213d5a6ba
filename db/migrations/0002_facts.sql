-- What the platforms reported, what stands at each level, and which days are covered.
--
-- Levels: 1 ad account, 2 campaign, 3 ad set, 4 ad.
-- `missing` says which metrics a row does not report, as bits: 1 spend, 2 impressions, 4 clicks, 8 link clicks,
-- 16 conversions, 32 conversion value. The number of a missing metric is 0. A bit beside a number, rather than a null,
-- lets sums carry along what they lack: rows are added up per `missing`.
create table data_import (
    org_id bigint not null,
    id bigint not null default nextval('node_id'),
    project_id bigint not null,
    source text not null,
    imported_at timestamptz not null,
    fact_count bigint not null,
    orphan_count bigint not null,
    primary key (org_id, id),
    foreign key (org_id, project_id) references project (org_id, id)
);

create index data_import_by_project on data_import (org_id, project_id, id);

-- An entity-day as a platform reported it, at whatever level it did.
create table daily_fact (
    org_id bigint not null,
    ad_account_id bigint not null,
    entity_id bigint not null,
    day date not null,
    level smallint not null check (level between 1 and 4),
    missing smallint not null check (missing between 0 and 63),
    spend_micros bigint not null,
    impressions bigint not null,
    clicks bigint not null,
    link_clicks bigint not null,
    -- may be fractional: millionths
    conversions_millionths bigint not null,
    conversion_value_micros bigint not null,
    -- null: not reported; never summed
    reach bigint,
    primary key (org_id, entity_id, day)
);

create index daily_fact_by_ad_account on daily_fact (org_id, ad_account_id, level, day);

-- What stands for each ad set, campaign and ad account on each day: its own row, metric by metric, else the sum of its
-- children. An ad's own row is all there is for it, so ads are read from daily_fact.
create table daily_rollup (
    org_id bigint not null,
    ad_account_id bigint not null,
    entity_id bigint not null,
    day date not null,
    level smallint not null check (level between 1 and 3),
    missing smallint not null check (missing between 0 and 63),
    spend_micros bigint not null,
    impressions bigint not null,
    clicks bigint not null,
    link_clicks bigint not null,
    conversions_millionths bigint not null,
    conversion_value_micros bigint not null,
    -- the entity's own, where its own row reported it
    reach bigint,
    -- how many rows at or below the entity reported reach
    reach_rows integer not null,
    -- 1 on one row of each entity-day, 0 on its other rows: sums to the number of days that have a row
    days smallint not null check (days between 0 and 1),
    primary key (org_id, entity_id, day, missing)
);

create index daily_rollup_by_ad_account on daily_rollup (org_id, ad_account_id, level, day);

-- The days that some import covers, for each account and level at which it reported. `missing` holds the metrics that
-- no covering source reports.
create table coverage (
    org_id bigint not null,
    ad_account_id bigint not null,
    level smallint not null check (level between 1 and 4),
    day date not null,
    missing smallint not null check (missing between 0 and 63),
    imported_at timestamptz not null,
    primary key (org_id, ad_account_id, level, day),
    foreign key (org_id, ad_account_id) references ad_account (org_id, id)
);

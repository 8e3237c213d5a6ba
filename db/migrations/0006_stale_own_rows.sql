-- Where a platform's own row of an entity's day is older than what lies below it has been restated to: how many such
-- rows there are at or below each entity that has any. Nearly always there are none.
create table stale_own_rows (
    org_id bigint not null,
    ad_account_id bigint not null,
    entity_id bigint not null,
    day date not null,
    count integer not null,
    primary key (org_id, entity_id, day)
);

create index stale_own_rows_by_ad_account on stale_own_rows (org_id, ad_account_id, day);

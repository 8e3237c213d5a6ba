-- name: clear_stale_own_rows
delete from stale_own_rows where org_id = $1 and ad_account_id = $2 and day = any($3::date[]);

-- name: own_row_days
-- Those of the days $3 on which anything above the ads of the ad account $2 has a row of its own.
select distinct day
from daily_fact
where org_id = $1 and ad_account_id = $2 and level < 4 and day = any($3::date[])
order by day;

-- name: note_stale_own_rows
-- Counts, for each entity of the ad account $2 and each of the days $3, the own rows at or below it that an earlier
-- import brought than the latest of the rows below those.
with fact as materialized (
    select entity_id, level, day, import_id
    from daily_fact
    where org_id = $1 and ad_account_id = $2 and level < 4 and day = any($3::date[])
    union all
    select of_ad.entity_id, of_ad.level, of_ad.day, of_ad.import_id
    from ad
    cross join lateral (
        select * from daily_fact where org_id = $1 and entity_id = ad.id and day = any($3) offset 0
    ) as of_ad
    where ad.org_id = $1 and ad.ad_account_id = $2
),
placed as (
    select fact.*, ad.ad_set_id, ad_set.campaign_id
    from fact
    join ad on ad.org_id = $1 and ad.id = fact.entity_id
    join ad_set on ad_set.org_id = $1 and ad_set.id = ad.ad_set_id
    where fact.level = 4
    union all
    select fact.*, fact.entity_id, ad_set.campaign_id
    from fact
    join ad_set on ad_set.org_id = $1 and ad_set.id = fact.entity_id
    where fact.level = 3
    union all
    select fact.*, null, fact.entity_id from fact where fact.level = 2
    union all
    select fact.*, null, null from fact where fact.level = 1
),
-- Of every row, the entities that it is of or below.
reached as (
    select placed.entity_id, placed.level, placed.day, placed.import_id, above.entity_id as above_id
    from placed
    cross join lateral (values ($2::bigint), (placed.campaign_id), (placed.ad_set_id)) as above (entity_id)
    where above.entity_id is not null
),
stale as (
    select own.entity_id, own.day
    from fact as own
    join reached as below
        on below.above_id = own.entity_id and below.day = own.day and below.level > own.level
        and below.import_id > own.import_id
    where own.level < 4
    group by own.entity_id, own.day
)
insert into stale_own_rows (org_id, ad_account_id, entity_id, day, count)
select $1, $2, reached.above_id, reached.day, count(*)
from reached
join stale on stale.entity_id = reached.entity_id and stale.day = reached.day
group by reached.above_id, reached.day;

-- name: stale_own_rows_by_entity_ids
-- For each entity of $2, from the day of $3 to before that of $4, by its place: how many own rows at or below it are
-- stale. Those without any are left out.
select wanted.place, sum(stale_own_rows.count) as count
from unnest($2::bigint[], $3::date[], $4::date[]) with ordinality as wanted (entity_id, since, until, place)
join stale_own_rows
    on stale_own_rows.org_id = $1 and stale_own_rows.entity_id = wanted.entity_id
    and stale_own_rows.day >= wanted.since and stale_own_rows.day < wanted.until
group by wanted.place
order by wanted.place;

-- name: delivery_totals
-- What stands for the entities $5 of one level, in the ad accounts $2 over their windows from $3 to before $4, added up
-- per set of missing metrics, each sum with the version of the data that it is of. By account and by entity, so that
-- above ads the planner may read an account's days as one range or look a few entities up, whichever is less; ads are
-- looked up by their key.
select fact.entity_id, fact.missing, {version} as version, {sums}
from unnest($2::bigint[], $3::date[], $4::date[]) as wanted (ad_account_id, since, until)
join {table} as fact
    on fact.org_id = $1 and fact.ad_account_id = wanted.ad_account_id and fact.level = {level}
    and fact.day >= wanted.since and fact.day < wanted.until
where fact.entity_id = any($5::bigint[])
group by fact.entity_id, fact.missing;

-- name: delivery_totals_of_one_window
-- The same where all windows are one, from the day $3 to before $4, in the ad accounts $2. To plan the statement above
-- takes longer than to run it for a few entities; this one is planned in a fraction of that.
select fact.entity_id, fact.missing, {version} as version, {sums}
from {table} as fact
where fact.org_id = $1 and fact.ad_account_id = any($2::bigint[]) and fact.level = {level}
    and fact.day >= $3 and fact.day < $4 and fact.entity_id = any($5::bigint[])
group by fact.entity_id, fact.missing;

-- name: delivery_buckets
-- The same, for each bucket of the windows; weeks start $6 days after Monday.
select fact.entity_id, {bucket} as bucket, fact.missing, {sums}
from unnest($2::bigint[], $3::date[], $4::date[], $6::integer[])
    as wanted (ad_account_id, since, until, week_start)
join {table} as fact
    on fact.org_id = $1 and fact.ad_account_id = wanted.ad_account_id and fact.level = {level}
    and fact.day >= wanted.since and fact.day < wanted.until
where fact.entity_id = any($5::bigint[])
group by fact.entity_id, bucket, fact.missing;

-- name: delivery_days
-- The same for each day: each row by itself, which needs no adding up.
select fact.entity_id, fact.day as bucket, fact.missing, {sums}
from unnest($2::bigint[], $3::date[], $4::date[]) as wanted (ad_account_id, since, until)
join {table} as fact
    on fact.org_id = $1 and fact.ad_account_id = wanted.ad_account_id and fact.level = {level}
    and fact.day >= wanted.since and fact.day < wanted.until
where fact.entity_id = any($5::bigint[]);

-- name: delivery_differences
-- What stood, added up, for the chunks $3 of the ad accounts $2 of one level before the end $5 of each window, and before
-- its start $4, each with its place among those that are asked. A chunk in which nothing stands in the window is left
-- out, and so is what lines lack where none lacks any.
select
    wanted.place, last.entity_ids, case when 0 < any(last.missing) then last.missing end as missing,
    last.row_counts, before.row_counts as row_counts_before, {version} as version{sums}
from unnest($2::bigint[], $3::bigint[], $4::date[], $5::date[])
    with ordinality as wanted (ad_account_id, chunk, since, until, place)
cross join lateral (
    select *
    from running_total
    where org_id = $1 and ad_account_id = wanted.ad_account_id and level = {level} and chunk = wanted.chunk
        and day < wanted.until
    order by day desc
    limit 1
) as last
left join lateral (
    select *
    from running_total
    where org_id = $1 and ad_account_id = wanted.ad_account_id and level = {level} and chunk = wanted.chunk
        and day < wanted.since
    order by day desc
    limit 1
) as before on true
where last.day >= wanted.since;

-- name: delivery_totals_converted
-- What delivery_totals gives, with money of the currencies $6 of the ad accounts in the currency $7, each day's by its
-- own rate.
with {factors}
select fact.entity_id, fact.missing, {sums}
from unnest($2::bigint[], $3::date[], $4::date[], $6::text[]) as wanted (ad_account_id, since, until, currency)
join {table} as fact
    on fact.org_id = $1 and fact.ad_account_id = wanted.ad_account_id and fact.level = {level}
    and fact.day >= wanted.since and fact.day < wanted.until
left join factor on factor.currency = wanted.currency and factor.day = fact.day
where fact.entity_id = any($5::bigint[])
group by fact.entity_id, fact.missing;

-- name: delivery_buckets_converted
-- The same, for each bucket of the windows; weeks start $8 days after Monday.
with {factors}
select fact.entity_id, {bucket} as bucket, fact.missing, {sums}
from unnest($2::bigint[], $3::date[], $4::date[], $6::text[], $8::integer[])
    as wanted (ad_account_id, since, until, currency, week_start)
join {table} as fact
    on fact.org_id = $1 and fact.ad_account_id = wanted.ad_account_id and fact.level = {level}
    and fact.day >= wanted.since and fact.day < wanted.until
left join factor on factor.currency = wanted.currency and factor.day = fact.day
where fact.entity_id = any($5::bigint[])
group by fact.entity_id, bucket, fact.missing;

-- name: add_tracked
-- Adds what the changes {given} add to what is tracked of every entity and day, and of spans of days where those are
-- there: of each conversion what is due to the ad of its click and to that of its view, first by the time between, then
-- by choice. In the order of the key, so that who adds at the same time waits rather than deadlocks.
with timed as (
    select
        given.sign, given.event_name, given.currency, given.value, given.kind, given.occurred_at,
        given.click_ad_id, given.clicked_at, {click_lag} as click_lag, given.view_ad_id, given.viewed_at,
        {view_lag} as view_lag
    from {given}
),
touch as materialized (
    -- As bits which choices make it due: to sum by bits is cheaper than to compare times at each of them.
    select timed.sign, timed.event_name, timed.currency, timed.value, timed.kind, timed.occurred_at, touched.ad_id,
        touched.at as touched_at, choices.due
    from timed
    cross join lateral (
        values (click_ad_id, clicked_at, 0, click_lag), (view_ad_id, viewed_at, view_lag, click_lag)
    ) as touched (ad_id, at, view_lag, click_lag)
    join (values {due}) as choices (view_lag, click_lag, due)
        on choices.view_lag = touched.view_lag and choices.click_lag = touched.click_lag
    where touched.ad_id is not null
),
place as materialized (
    select ad.id as ad_id, ad.ad_set_id, ad_set.campaign_id, ad.ad_account_id, ad_account.timezone
    from (select distinct ad_id from touch) as touched
    join ad on ad.org_id = $1 and ad.id = touched.ad_id
    join ad_set on ad_set.org_id = $1 and ad_set.org_id = ad.org_id and ad_set.id = ad.ad_set_id
    join ad_account
        on ad_account.org_id = $1 and ad_account.org_id = ad.org_id and ad_account.id = ad.ad_account_id
),
of_ad as materialized (
    select
        place.ad_id, place.ad_set_id, place.campaign_id, place.ad_account_id, bases.basis,
        (bases.at at time zone place.timezone)::date as day, touch.event_name, touch.currency, touch.kind, touch.due,
        sum(touch.sign)::integer as count, sum(touch.sign * touch.value) as value
    from touch
    join place on place.ad_id = touch.ad_id
    cross join lateral (values (0, touch.occurred_at), (1, touch.touched_at)) as bases (basis, at)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    having sum(touch.sign) <> 0 or sum(touch.sign * touch.value) <> 0
),
of_ad_set as materialized (
    select ad_set_id, campaign_id, ad_account_id, basis, day, event_name, currency, kind, due,
        sum(count)::integer as count, sum(value) as value
    from of_ad
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
),
of_campaign as materialized (
    select campaign_id, ad_account_id, basis, day, event_name, currency, kind, due, sum(count)::integer as count,
        sum(value) as value
    from of_ad_set
    group by 1, 2, 3, 4, 5, 6, 7, 8
),
of_day as materialized (
    select ad_id as id, ad_account_id, basis, day, event_name, currency, kind, due, count, value from of_ad
    union all
    select ad_set_id, ad_account_id, basis, day, event_name, currency, kind, due, count, value from of_ad_set
    union all
    select campaign_id, ad_account_id, basis, day, event_name, currency, kind, due, count, value from of_campaign
    union all
    select
        ad_account_id, ad_account_id, basis, day, event_name, currency, kind, due, sum(count)::integer, sum(value)
    from of_campaign
    group by ad_account_id, basis, day, event_name, currency, kind, due
),
of_entity as (
    select id, basis, 1 as span, day, event_name, currency, kind, due, count, value
    from of_day
    union all
    select
        of_day.id, of_day.basis, longer.span, of_day.day - (of_day.day - date '1970-01-01') % longer.span as first,
        of_day.event_name, of_day.currency, of_day.kind, of_day.due, sum(of_day.count)::integer, sum(of_day.value)
    from tracked_through as before
    cross join (values (4), (16)) as longer (span)
    join of_day
        on of_day.ad_account_id = before.ad_account_id and of_day.basis = before.basis
        and of_day.day < before.through - (before.through - date '1970-01-01') % longer.span
    where before.org_id = $1
    group by of_day.id, of_day.basis, longer.span, first, of_day.event_name, of_day.currency, of_day.kind, of_day.due
)
insert into tracked_day (org_id, entity_id, basis, span, day, event_name, currency, kind, {columns})
select $1, id, basis, span, day, event_name, currency, kind, {choices}
from of_entity
group by 2, 3, 4, 5, 6, 7, 8
order by 2, 3, 4, 5, 6, 7, 8
on conflict (org_id, entity_id, basis, span, day, event_name, currency, kind) do update
set {added};

-- name: tracked_totals
-- What is tracked of the entities $2, in the ad accounts $3 side by side: of conversions named $7, in the days from $5 to
-- before $6 of the ad accounts $4, by kind and currency. Whole spans stand for their days as far as they
-- are there. The names are no condition of the index, which would be prepared for them at each of thousands of look-ups.
with part as materialized (
    select
        wanted.ad_account_id, parts.span, date '1970-01-01' + parts.since as since,
        date '1970-01-01' + parts.until as until
    from unnest($4::bigint[], $5::date[], $6::date[]) as wanted (ad_account_id, since, until)
    left join tracked_through as whole
        on whole.org_id = $1 and whole.ad_account_id = wanted.ad_account_id and whole.basis = {basis}
    cross join lateral (
        select
            wanted.since - date '1970-01-01' as since, wanted.until - date '1970-01-01' as until,
            -- Of two, least passes over a null.
            case when whole.through is null then 0 else least(wanted.until, whole.through) - date '1970-01-01' end as known
    ) as days
    cross join lateral (
        select
            (days.since + 3) / 4 * 4 as since_4, (days.since + 15) / 16 * 16 as since_16,
            days.known / 4 * 4 as until_4, days.known / 16 * 16 as until_16
    ) as edge
    cross join lateral (
        values
            (16, edge.since_16, edge.until_16),
            (4, edge.since_4, case when edge.until_16 > edge.since_16 then edge.since_16 else edge.until_4 end),
            (4, case when edge.until_16 > edge.since_16 then edge.until_16 end, edge.until_4),
            (1, days.since, case when edge.until_4 > edge.since_4 then edge.since_4 else days.until end),
            (1, case when edge.until_4 > edge.since_4 then edge.until_4 end, days.until)
    ) as parts (span, since, until)
    where parts.since < parts.until
)
select fact.entity_id, fact.kind, fact.currency, {sums}
from part as wanted
join unnest($2::bigint[], $3::bigint[]) as entity (id, ad_account_id) on entity.ad_account_id = wanted.ad_account_id
join tracked_day as fact
    on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = {basis} and fact.span = wanted.span
    and fact.day >= wanted.since and fact.day < wanted.until
where coalesce(fact.event_name = any($7::text[]), false)
group by fact.entity_id, fact.kind, fact.currency;

-- name: tracked_buckets
-- The same for each bucket of the windows, day by day; weeks start $8 days after Monday.
select fact.entity_id, {bucket} as bucket, fact.kind, fact.currency, {sums}
from unnest($4::bigint[], $5::date[], $6::date[], $8::integer[])
    as wanted (ad_account_id, since, until, week_start)
join unnest($2::bigint[], $3::bigint[]) as entity (id, ad_account_id) on entity.ad_account_id = wanted.ad_account_id
join tracked_day as fact
    on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = {basis} and fact.span = 1
    and fact.day >= wanted.since and fact.day < wanted.until
where coalesce(fact.event_name = any($7::text[]), false)
group by fact.entity_id, bucket, fact.kind, fact.currency;

-- name: tracked_buckets_converted
-- The same with values in the currency $9, each day's by its own rate.
with fact as materialized (
    select fact.entity_id, {bucket} as bucket, fact.kind, fact.currency, fact.day, {numbers}
    from unnest($4::bigint[], $5::date[], $6::date[], $8::integer[])
        as wanted (ad_account_id, since, until, week_start)
    join unnest($2::bigint[], $3::bigint[]) as entity (id, ad_account_id)
        on entity.ad_account_id = wanted.ad_account_id
    join tracked_day as fact
        on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = {basis} and fact.span = 1
        and fact.day >= wanted.since and fact.day < wanted.until
    where coalesce(fact.event_name = any($7::text[]), false)
),
{factors}
select
    fact.entity_id, fact.bucket, fact.kind, fact.currency, sum(fact.count) as count,
    coalesce(sum(fact.value * factor.factor), 0) as value,
    count(*) filter (where fact.value <> 0 and factor.factor is null) as unrated
from fact
left join factor on factor.currency = fact.currency and factor.day = fact.day
group by fact.entity_id, fact.bucket, fact.kind, fact.currency;

-- name: tracked_behind
-- The ad accounts of the project $2 whose spans of days end before they could: so many days before $3, those in which
-- conversions mostly come, or touches to which they still come.
select ad_account.id as ad_account_id, bases.basis, known.through as since, could.through as until
from ad_account
cross join (values (0, 2), (1, 28)) as bases (basis, days)
cross join lateral (
    select $3::date - bases.days - ($3::date - bases.days - date '1970-01-01') % 4 as through
) as could
left join tracked_through as known
    on known.org_id = $1 and known.org_id = ad_account.org_id and known.ad_account_id = ad_account.id
    and known.basis = bases.basis
where ad_account.org_id = $1 and ad_account.project_id = $2 and (known.through is null or known.through < could.through)
order by ad_account.id, bases.basis;

-- name: add_tracked_spans
-- The days of the ad account $2 and of all below it from $4 (null: the first) to before $5, added up into spans; into
-- those of 16 days as far as they are whole. What is read together is written side by side.
insert into tracked_day (org_id, entity_id, basis, span, day, event_name, currency, kind, {columns})
select
    $1, fact.entity_id, fact.basis, spans.span, fact.day - (fact.day - date '1970-01-01') % spans.span,
    fact.event_name, fact.currency, fact.kind, {sums}
from (
    select $2::bigint as id
    union all
    select campaign.id from campaign where campaign.org_id = $1 and campaign.ad_account_id = $2
    union all
    select ad_set.id from ad_set where ad_set.org_id = $1 and ad_set.ad_account_id = $2
    union all
    select ad.id from ad where ad.org_id = $1 and ad.ad_account_id = $2
) as entity
join tracked_day as fact
    on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = $3 and fact.span = 1
    and fact.day >= coalesce($4::date - ($4::date - date '1970-01-01') % 16, '-infinity') and fact.day < $5::date
join (values (4), (16)) as spans (span)
    on fact.day >= coalesce($4::date - ($4::date - date '1970-01-01') % spans.span, '-infinity')
    and fact.day < $5::date - ($5::date - date '1970-01-01') % spans.span
group by 2, 3, 4, 5, 6, 7, 8
order by 2, 3, 4, 5, 6, 7, 8;

-- name: tracked_spans_are_there
insert into tracked_through (org_id, ad_account_id, basis, through)
values ($1, $2, $3, $4)
on conflict (org_id, ad_account_id, basis) do update set through = excluded.through;

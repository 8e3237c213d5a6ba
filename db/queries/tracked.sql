-- name: add_tracked
-- Adds what the changes {given} add to what is tracked of every entity and day, and keeps beside it what came after the
-- day was added up into spans: of each conversion what is due to the ad of its click and to that of its view, first by
-- the time between, then by choice. In the order of the key, so that who adds at the same time waits rather than
-- deadlocks.
with touch as materialized (
    -- As bits which choices make it due: to sum by bits is cheaper than to compare times at each of them.
    select given.sign, given.event_name, given.currency, given.value, given.kind, given.occurred_at, touched.ad_id,
        touched.at as touched_at, touched.due
    from {given}
    cross join lateral (
        values (click_ad_id, clicked_at, {due_to_click}), (view_ad_id, viewed_at, {due_to_view})
    ) as touched (ad_id, at, due)
    where touched.ad_id is not null
),
of_ad as materialized (
    select
        ad.id as ad_id, ad.ad_set_id, ad_set.campaign_id, ad.ad_account_id, bases.basis,
        (bases.at at time zone ad_account.timezone)::date as day, touch.event_name, touch.currency, touch.kind,
        touch.due, sum(touch.sign)::integer as count, sum(touch.sign * touch.value) as value
    from touch
    join ad on ad.org_id = $1 and ad.id = touch.ad_id
    join ad_set on ad_set.org_id = $1 and ad_set.org_id = ad.org_id and ad_set.id = ad.ad_set_id
    join ad_account
        on ad_account.org_id = $1 and ad_account.org_id = ad.org_id and ad_account.id = ad.ad_account_id
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
        of_day.id, of_day.basis, 0, of_day.day, of_day.event_name, of_day.currency, of_day.kind, of_day.due, of_day.count,
        of_day.value
    from tracked_through as before
    join of_day
        on of_day.ad_account_id = before.ad_account_id and of_day.basis = before.basis and of_day.day < before.through
    where before.org_id = $1
)
insert into tracked_day (org_id, entity_id, basis, span, day, event_name, currency, kind, {columns})
select $1, id, basis, span, day, event_name, currency, kind, {choices}
from of_entity
group by 2, 3, 4, 5, 6, 7, 8
order by 2, 3, 4, 5, 6, 7, 8
on conflict (org_id, entity_id, basis, span, day, event_name, currency, kind) do update
set {added};

-- name: expect_many
-- Until the transaction ends, or is told otherwise: whether joins are to be those for many rows ($2 is 'off', of what is
-- for few), whatever is known of tables that were empty a moment ago.
select set_config('enable_nestloop', $2, true) as few
from organization
where id = $1;

-- name: tracked_totals
-- What is tracked of the entities $2, in the ad accounts $3 side by side: of conversions named $7, in the days from $5 to
-- before $6 of the ad accounts $4, by kind and currency. The names are no condition of the index, which would be prepared
-- for them at each of many look-ups.
select fact.entity_id, fact.kind, fact.currency, {sums}
from unnest($4::bigint[], $5::date[], $6::date[]) as wanted (ad_account_id, since, until)
join unnest($2::bigint[], $3::bigint[]) as entity (id, ad_account_id) on entity.ad_account_id = wanted.ad_account_id
join tracked_day as fact
    on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = {basis} and fact.span = 1
    and fact.day >= wanted.since and fact.day < wanted.until
where coalesce(fact.event_name = any($7::text[]), false)
group by fact.entity_id, fact.kind, fact.currency;

-- name: tracked_totals_by_spans
-- The same of many entities of one level, in the chunks $9 of the ad accounts $8: whole spans stand for their days as far
-- as they are there, with what came after they were added up.
with wanted as materialized (
    select
        asked.ad_account_id, asked.since, asked.until,
        -- Of two, least passes over a null.
        case
            when reached.through is null then asked.since else greatest(asked.since, least(asked.until, reached.through))
        end as known
    from unnest($4::bigint[], $5::date[], $6::date[]) as asked (ad_account_id, since, until)
    left join tracked_through as reached
        on reached.org_id = $1 and reached.ad_account_id = asked.ad_account_id and reached.basis = {basis}
),
part as materialized (
    select
        wanted.ad_account_id, side.chunk, parts.span, date '1970-01-01' + parts.since as since,
        date '1970-01-01' + parts.until as until
    from wanted
    join unnest($8::bigint[], $9::bigint[]) as side (ad_account_id, chunk) on side.ad_account_id = wanted.ad_account_id
    cross join lateral (
        select wanted.since - date '1970-01-01' as since, wanted.known - date '1970-01-01' as until
    ) as days
    cross join lateral (
        select
            (days.since + 3) / 4 * 4 as since_4, (days.since + 15) / 16 * 16 as since_16,
            days.until / 4 * 4 as until_4, days.until / 16 * 16 as until_16
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
),
number as (
    select whole.*
    from (
        select
            unnest(fact.entity_ids) as entity_id, fact.kind, fact.currency, unnest(fact.{counts}) as count,
            unnest(fact.{values}) as value
        from part
        join tracked_span as fact
            on fact.org_id = $1 and fact.ad_account_id = part.ad_account_id and fact.basis = {basis}
            and fact.level = {level} and fact.chunk = part.chunk and fact.span = part.span
            and fact.day >= part.since and fact.day < part.until
        where coalesce(fact.event_name = any($7::text[]), false)
    ) as whole
    -- Others are in their chunks.
    where whole.entity_id = any($2::bigint[])
    union all
    select fact.entity_id, fact.kind, fact.currency, fact.{count}, fact.{value}
    from wanted
    join unnest($2::bigint[], $3::bigint[]) as entity (id, ad_account_id)
        on entity.ad_account_id = wanted.ad_account_id and wanted.known < wanted.until
    join tracked_day as fact
        on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = {basis} and fact.span = 1
        and fact.day >= wanted.known and fact.day < wanted.until
    where coalesce(fact.event_name = any($7::text[]), false)
    union all
    select fact.entity_id, fact.kind, fact.currency, fact.{count}, fact.{value}
    from wanted
    join unnest($2::bigint[], $3::bigint[]) as entity (id, ad_account_id) on entity.ad_account_id = wanted.ad_account_id
    join tracked_day as fact
        on fact.org_id = $1 and fact.entity_id = entity.id and fact.basis = {basis} and fact.span = 0
        and fact.day >= wanted.since and fact.day < wanted.known
    where coalesce(fact.event_name = any($7::text[]), false)
)
select number.entity_id, number.kind, number.currency, sum(number.count) as count, sum(number.value) as value, 0 as unrated
from number
group by number.entity_id, number.kind, number.currency;

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
-- The ad accounts of the project $2 whose spans of days end before they could: on $3, or by time of the touch so many days
-- before, those to which conversions still come. With $4 also those of which anything came after its day was added up.
select
    ad_account.id as ad_account_id, bases.basis, known.through as since,
    greatest(known.through, $3::date - bases.days) as until
from ad_account
cross join (values (0, 0), (1, 28)) as bases (basis, days)
left join tracked_through as known
    on known.org_id = $1 and known.org_id = ad_account.org_id and known.ad_account_id = ad_account.id
    and known.basis = bases.basis
where ad_account.org_id = $1 and ad_account.project_id = $2
    and (
        known.through is null or known.through < $3::date - bases.days
        -- What is of an ad is of its ad account.
        or $4 and exists (
            select
            from tracked_day
            where tracked_day.org_id = $1 and tracked_day.entity_id = ad_account.id and tracked_day.basis = bases.basis
                and tracked_day.span = 0
        )
    )
order by ad_account.id, bases.basis;

-- name: take_late_days
-- Forgets which days of the ad account $2 and of all below it were added up into spans before all of them came, and tells
-- the spans that they are in, of those that end by $4.
with late as (
    delete from tracked_day
    using ({entities}) as entity
    where tracked_day.org_id = $1 and tracked_day.entity_id = entity.id and tracked_day.basis = $3 and tracked_day.span = 0
    returning entity.level, entity.id / {chunk} as chunk, tracked_day.day
)
select distinct late.level, late.chunk, spans.span, spans.day
from late
cross join lateral (
    select longer.span, late.day - (late.day - date '1970-01-01') % longer.span as day
    from (values (1), (4), (16)) as longer (span)
) as spans
where spans.day + spans.span <= $4::date;

-- name: drop_tracked_spans
-- Drops the spans $6 of basis $3 that begin on the days $7, of the levels $4 and the chunks $5 of the ad account $2.
delete from tracked_span
using unnest($4::smallint[], $5::bigint[], $6::smallint[], $7::date[]) as gone (level, chunk, span, day)
where tracked_span.org_id = $1 and tracked_span.ad_account_id = $2 and tracked_span.basis = $3
    and tracked_span.level = gone.level and tracked_span.chunk = gone.chunk and tracked_span.span = gone.span
    and tracked_span.day = gone.day;

-- name: add_tracked_spans
-- The days of the ad account $2 and of all below it, by time of the conversion or of the touch ($3), added up into spans:
-- those that end within a stretch of days, or those named.
insert into tracked_span (
    org_id, ad_account_id, basis, level, chunk, span, day, event_name, currency, kind, entity_ids, {arrays}
)
select
    $1, $2, $3, level, entity_id / {chunk}, span, day, event_name, currency, kind, array_agg(entity_id order by entity_id),
    {aggregates}
from ({added}) as added
group by 4, 5, 6, 7, 8, 9, 10;

-- name: tracked_spans_are_there
insert into tracked_through (org_id, ad_account_id, basis, through)
values ($1, $2, $3, $4)
on conflict (org_id, ad_account_id, basis) do update set through = excluded.through;

-- name: forget_tracked_spans
-- Days alone stand for the ad accounts in which the ads $2 are, until they are added up again.
with gone as (
    select distinct ad_account_id
    from ad
    where org_id = $1 and id = any($2::bigint[])
),
spans as (
    delete from tracked_span
    using gone
    where tracked_span.org_id = $1 and tracked_span.ad_account_id = gone.ad_account_id
)
delete from tracked_through
using gone
where tracked_through.org_id = $1 and tracked_through.ad_account_id = gone.ad_account_id;

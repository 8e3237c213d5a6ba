-- name: coverage_by_ad_account_ids
-- For each window (of the ad account in $2, from the day in $3 to before that in $4), by its place, and each level: the
-- days that imports at that level or below cover, by the metrics that none of them reports.
select
    covered.place, covered.level, covered.missing,
    range_agg(daterange(covered.day, covered.day + 1)) as days,
    max(covered.imported_at) as last_imported_at
from (
    select
        wanted.place, level.level, coverage.day,
        bit_and(coverage.missing) as missing, max(coverage.imported_at) as imported_at
    from unnest($2::bigint[], $3::date[], $4::date[])
        with ordinality as wanted (ad_account_id, since, until, place)
    join coverage
        on coverage.org_id = $1 and coverage.ad_account_id = wanted.ad_account_id
        and coverage.day >= wanted.since and coverage.day < wanted.until
    join generate_series(1, 4) as level (level) on level.level <= coverage.level
    group by wanted.place, level.level, coverage.day
) as covered
group by covered.place, covered.level, covered.missing
order by covered.place, covered.level, covered.missing;

-- name: provisional_by_ad_account_ids
-- For each window (of the ad account in $2, from the day in $3 to before that in $4), by its place, and each level: the
-- days whose last import, at that level or one below, came less than the hours that its platform settles in ($6 for each
-- of $5) after the day's end where the ad account is.
select wanted.place, level.level, range_agg(daterange(coverage.day, coverage.day + 1)) as days
from unnest($2::bigint[], $3::date[], $4::date[]) with ordinality as wanted (ad_account_id, since, until, place)
join ad_account on ad_account.org_id = $1 and ad_account.id = wanted.ad_account_id
join unnest($5::text[], $6::integer[]) as settling (platform, hours) on settling.platform = ad_account.platform
join coverage
    on coverage.org_id = $1 and coverage.ad_account_id = wanted.ad_account_id
    and coverage.day >= wanted.since and coverage.day < wanted.until
    and coverage.imported_at
        < ((coverage.day + 1)::timestamp at time zone ad_account.timezone) + make_interval(hours => settling.hours)
join generate_series(1, 4) as level (level) on level.level <= coverage.level
group by wanted.place, level.level
order by wanted.place, level.level;

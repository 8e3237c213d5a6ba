-- name: demo_loaded_until
-- The last day that is covered of each ad account in $2 (external ids) that is there.
select ad_account.external_id, max(coverage.day) as day
from ad_account
join coverage on coverage.org_id = ad_account.org_id and coverage.ad_account_id = ad_account.id
where ad_account.org_id = $1 and ad_account.external_id = any($2::text[])
group by ad_account.external_id
order by ad_account.external_id;

-- The facts of ads, nearly all there are, are found ad by ad, by the key: to enter each in a second index took a tenth of
-- an import. Other levels' own rows are few, and looked for in each account.
drop index daily_fact_by_ad_account;
create index daily_fact_by_ad_account on daily_fact (org_id, ad_account_id, level, day) where level < 4;

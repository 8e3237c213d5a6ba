-- What each import took, from which files, and which import each fact is from.
alter table data_import
    add column file_names text[] not null default '{}',
    -- SHA-256 of each file, in hexadecimal
    add column file_hashes text[] not null default '{}',
    -- the days covered, for each ad account and level; `until` is the day after the last one
    add column covered_ad_account_ids bigint[] not null default '{}',
    add column covered_levels smallint[] not null default '{}',
    add column covered_since date[] not null default '{}',
    add column covered_until date[] not null default '{}',
    -- of the facts, those that were not there before, and those that had other numbers
    add column added_count bigint not null default 0,
    add column replaced_count bigint not null default 0,
    -- facts that were there before and are not in the files, where those were to be removed
    add column removed_count bigint not null default 0,
    -- rows left out because they cannot be taken
    add column rejected_count bigint not null default 0,
    add column milliseconds bigint not null default 0,
    -- what the conversions are that it brought, by what attribution, and dated how: for each choice that a source made
    add column reported_conversions text[] not null default '{}',
    add column reported_attributions text[] not null default '{}',
    add column reported_datings text[] not null default '{}';

-- The import that a fact's numbers are from (0: none that was recorded). Ids of imports are in the order in which these
-- took effect, one after the other. A fact above the ads is of the import that confirmed it last.
alter table daily_fact add column import_id bigint not null default 0;

-- Of how many hours a day is the sum; null: reported as a whole.
alter table daily_fact add column hours smallint;

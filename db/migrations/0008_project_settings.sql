-- What a project's numbers mean wherever a query does not choose for itself.
alter table project
    -- null: each ad account's own; money of several currencies is then not added up
    add column reporting_currency text check (reporting_currency ~ '^[A-Z]{3}$'),
    add column conversion_source text not null default 'REPORTED'
        check (conversion_source in ('REPORTED', 'TRACKED')),
    add column week_starts_on text not null default 'MONDAY'
        check (week_starts_on in ('MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY')),
    -- what is left of the value of a sale before advertising, a fraction; null: nobody has said
    add column margin double precision check (margin > 0 and margin <= 1),
    -- the names of the events that are conversions
    add column conversion_events text[] not null default '{purchase_success,subscribe_success,trial_start}'
        check (cardinality(conversion_events) > 0),
    add column attribution_click text not null default 'DAYS_7'
        check (attribution_click in ('NONE', 'DAYS_1', 'DAYS_7', 'DAYS_28')),
    add column attribution_view text not null default 'DAYS_1'
        check (attribution_view in ('NONE', 'DAYS_1', 'DAYS_7', 'DAYS_28')),
    add column count_by text not null default 'CONVERSION_TIME' check (count_by in ('CONVERSION_TIME', 'TOUCH_TIME'));

-- How often a setting of any of its projects has changed, which changes answers as an import does.
alter table organization add column settings_version bigint not null default 0;

-- What is tracked: what conversions, each due to an ad by its touches, add up to for every entity and day.
--
-- For each choice of a click window and a view window (days; 0: such touches do not count) there is the number of
-- conversions that it makes due to the entity, and what they are worth: count_7_1 is 7 days after a click, else 1 day
-- after a view. So one choice is as cheap as another.
create table tracked_day (
    org_id bigint not null,
    entity_id bigint not null,
    -- 0: the day of the conversion, 1: that of the touch
    basis smallint not null check (basis in (0, 1)),
    -- so many days, the first of them `day`, in the ad account's timezone
    span smallint not null check (span in (1, 4, 16)),
    day date not null,
    event_name text collate "C" not null,
    -- '': those without a value
    currency text collate "C" not null,
    -- 1: conversions, 2: refunds of them
    kind smallint not null check (kind in (1, 2)),
    count_0_1 integer not null, count_0_7 integer not null, count_0_28 integer not null, count_1_0 integer not null,
    count_1_1 integer not null, count_1_7 integer not null, count_1_28 integer not null, count_7_0 integer not null,
    count_7_1 integer not null, count_7_7 integer not null, count_7_28 integer not null, count_28_0 integer not null,
    count_28_1 integer not null, count_28_7 integer not null, count_28_28 integer not null,
    -- in units of the currency
    value_0_1 numeric not null, value_0_7 numeric not null, value_0_28 numeric not null, value_1_0 numeric not null,
    value_1_1 numeric not null, value_1_7 numeric not null, value_1_28 numeric not null, value_7_0 numeric not null,
    value_7_1 numeric not null, value_7_7 numeric not null, value_7_28 numeric not null, value_28_0 numeric not null,
    value_28_1 numeric not null, value_28_7 numeric not null, value_28_28 numeric not null,
    primary key (org_id, entity_id, basis, span, day, event_name, currency, kind)
);

-- Up to which day the days of an ad account, and of all below it, are also there in spans of 4 and of 16, counted from
-- 1970-01-01: what changes before it is added to those, too. Long windows are read by few rows.
create table tracked_through (
    org_id bigint not null,
    ad_account_id bigint not null,
    basis smallint not null,
    through date not null,
    primary key (org_id, ad_account_id, basis)
);

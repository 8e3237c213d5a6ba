-- Exchange rates are the same for every organization: reference tables, without an org_id.
create table exchange_rate (
    currency text not null check (currency ~ '^[A-Z]{3}$' and currency not in ('EUR', 'XXX')),
    day date not null,
    -- how many units of the currency one euro was worth; a euro is worth one
    units_per_eur numeric not null check (units_per_eur > 0),
    primary key (currency, day)
);

-- What each import of rates took, from which file. Each takes effect alone, with a higher id than the one before.
create table exchange_rate_import (
    id bigint generated always as identity primary key,
    imported_at timestamptz not null,
    file_name text not null,
    -- SHA-256, in hexadecimal; empty: of standard input
    file_hash text not null,
    rate_count bigint not null,
    added_count bigint not null,
    replaced_count bigint not null,
    currencies text[] not null,
    -- the first day with a rate, and the day after the last one
    since date not null,
    until date not null
);

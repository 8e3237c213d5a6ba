-- The tree: organization, project, ad account, campaign, ad set, ad.
-- One sequence numbers every node, so that an id alone names an entity whatever its level.
create sequence node_id;

create table organization (
    id bigint not null default nextval('node_id') primary key,
    name text not null unique,
    created_at timestamptz not null default now()
);

create table project (
    org_id bigint not null references organization (id),
    id bigint not null default nextval('node_id'),
    name text not null,
    -- null: the timezone that its ad accounts share, else UTC
    timezone text,
    created_at timestamptz not null default now(),
    primary key (org_id, id),
    unique (org_id, name)
);

create table ad_account (
    org_id bigint not null,
    id bigint not null default nextval('node_id'),
    project_id bigint not null,
    platform text not null check (platform in ('META', 'TIKTOK', 'APPLE')),
    external_id text not null,
    name text not null,
    -- XXX: no source has given one
    currency text not null check (currency ~ '^[A-Z]{3}$'),
    timezone text not null,
    status text not null check (status in ('ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED', 'UNKNOWN')),
    -- true while only its children have named it
    placeholder boolean not null,
    primary key (org_id, id),
    unique (org_id, platform, external_id),
    foreign key (org_id, project_id) references project (org_id, id)
);

create index ad_account_by_project on ad_account (org_id, project_id, id);

create table campaign (
    org_id bigint not null,
    id bigint not null default nextval('node_id'),
    ad_account_id bigint not null,
    platform text not null check (platform in ('META', 'TIKTOK', 'APPLE')),
    external_id text not null,
    name text not null,
    status text not null check (status in ('ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED', 'UNKNOWN')),
    objective text,
    budget_micros bigint check (budget_micros >= 0),
    budget_period text check (budget_period in ('DAILY', 'LIFETIME')),
    placeholder boolean not null,
    primary key (org_id, id),
    unique (org_id, platform, external_id),
    foreign key (org_id, ad_account_id) references ad_account (org_id, id),
    check ((budget_micros is null) = (budget_period is null))
);

create index campaign_by_ad_account on campaign (org_id, ad_account_id, id);

create table ad_set (
    org_id bigint not null,
    id bigint not null default nextval('node_id'),
    campaign_id bigint not null,
    -- its campaign's; kept here so that an account's facts are found without walking the tree
    ad_account_id bigint not null,
    platform text not null check (platform in ('META', 'TIKTOK', 'APPLE')),
    external_id text not null,
    name text not null,
    status text not null check (status in ('ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED', 'UNKNOWN')),
    budget_micros bigint check (budget_micros >= 0),
    budget_period text check (budget_period in ('DAILY', 'LIFETIME')),
    placeholder boolean not null,
    primary key (org_id, id),
    unique (org_id, platform, external_id),
    foreign key (org_id, campaign_id) references campaign (org_id, id),
    foreign key (org_id, ad_account_id) references ad_account (org_id, id),
    check ((budget_micros is null) = (budget_period is null))
);

create index ad_set_by_campaign on ad_set (org_id, campaign_id, id);
create index ad_set_by_ad_account on ad_set (org_id, ad_account_id, id);

create table ad (
    org_id bigint not null,
    id bigint not null default nextval('node_id'),
    ad_set_id bigint not null,
    -- its campaign's; see ad_set
    ad_account_id bigint not null,
    platform text not null check (platform in ('META', 'TIKTOK', 'APPLE')),
    external_id text not null,
    name text not null,
    status text not null check (status in ('ACTIVE', 'PAUSED', 'ARCHIVED', 'DELETED', 'UNKNOWN')),
    placeholder boolean not null,
    primary key (org_id, id),
    unique (org_id, platform, external_id),
    foreign key (org_id, ad_set_id) references ad_set (org_id, id),
    foreign key (org_id, ad_account_id) references ad_account (org_id, id)
);

create index ad_by_ad_set on ad (org_id, ad_set_id, id);
create index ad_by_ad_account on ad (org_id, ad_account_id, id);

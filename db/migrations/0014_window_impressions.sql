-- How often the platform says that the entity was shown over the window; null: not told. Whether our sum of days is of
-- all that the reach is of follows from it.
alter table window_reach add column impressions bigint check (impressions >= 0);

-- No query is planned by what events say or by what conversions add up to: to look at that takes longer than to look at
-- all the keys.
do $$
declare
    unplanned record;
begin
    for unplanned in
        select attrelid::regclass as relation, attname as name
        from pg_attribute
        where attnum > 0 and not attisdropped and (
            attrelid = 'conversion_message'::regclass
                and attname not in ('org_id', 'project_id', 'conversion_id', 'id', 'kind', 'event_name_id')
            or attrelid = 'tracked_day'::regclass and attname ~ '^(count|value)_'
            or attrelid = 'tracked_span'::regclass and attndims > 0
        )
    loop
        execute format('alter table %s alter column %I set statistics 0', unplanned.relation, unplanned.name);
    end loop;
end
$$;

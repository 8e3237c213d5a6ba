-- A sum of bigints that stays one. The built-in sum of bigints is a numeric, which every row of a running sum would pay
-- for; and as that cast back, this raises an error where it leaves the range.
create aggregate added (bigint) (sfunc = int8pl, combinefunc = int8pl, stype = bigint, initcond = '0', parallel = safe);

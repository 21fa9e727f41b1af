#!lua flags=allow-oom
-- Deletes a dead or parked record, and its claim if it is still the record's;
-- a claim's key that holds something else is left alone.
-- KEYS  1 the record's stream   2 claim
-- ARGV  1 the record's id   2 the entry it was
-- returns how many records were deleted
local held = redis.pcall('HMGET', KEYS[2], 'entry', 'state')
if not held.err and held[1] == ARGV[2] and (held[2] == 'dead' or held[2] == 'parked') then
  redis.call('DEL', KEYS[2])
end
return redis.call('XDEL', KEYS[1], ARGV[1])

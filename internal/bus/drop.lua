#!lua flags=allow-oom
-- Deletes a dead or parked record, and its claim if it is still the record's;
-- a claim's key that holds something else is left alone.
-- KEYS  1 the record's stream   2 claim
-- ARGV  1 the record's id   2 the entry it was
-- returns how many records were deleted
-- The claim of a stream whose message is there says which one it is, as long as
-- it would have stood: a final snapshot still to come replaces its text.
local held = redis.pcall('HMGET', KEYS[2], 'entry', 'state', 'stream', 'id:0')
if not held.err and held[1] == ARGV[2] and (held[2] == 'dead' or held[2] == 'parked') then
  if held[3] and held[4] then
    redis.call('HSET', KEYS[2], 'state', 'dead')
    redis.call('HDEL', KEYS[2], 'final')
  else
    redis.call('DEL', KEYS[2])
  end
end
return redis.call('XDEL', KEYS[1], ARGV[1])

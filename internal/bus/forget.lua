#!lua flags=allow-oom
-- Acknowledges pending entries that are gone from the stream, if the lease is
-- ours. One that is still there stays pending.
-- KEYS  1 lease   2 stream   3 delayed
-- ARGV  1 token   2 group   3... ids
-- returns how many were forgotten, and how many are still there; or the error
--          FENCED
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local n, there = 0, 0
for i = 3, #ARGV do
  if #redis.call('XRANGE', KEYS[2], ARGV[i], ARGV[i]) == 0 then
    n = n + redis.call('XACK', KEYS[2], ARGV[2], ARGV[i])
    redis.pcall('ZREM', KEYS[3], ARGV[i])
  else
    there = there + 1
  end
end
return {n, there}

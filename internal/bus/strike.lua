#!lua flags=allow-oom
-- Strikes members off a sorted set, if the lease is ours: entries that were
-- handed on, streams that have ended.
-- KEYS  1 lease   2 the sorted set
-- ARGV  1 token   2... members
-- returns 1, or the error FENCED. A key that holds something else is left alone.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
for i = 2, #ARGV do
  redis.pcall('ZREM', KEYS[2], ARGV[i])
end
return 1

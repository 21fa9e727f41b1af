#!lua flags=allow-oom
-- Strikes streams off whose claims have ended, if the lease is ours.
-- KEYS  1 lease   2 streams (sorted set)
-- ARGV  1 token   2... streams
-- returns 1, or the error FENCED. A key that holds something else is left alone.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
for i = 2, #ARGV do
  redis.pcall('ZREM', KEYS[2], ARGV[i])
end
return 1

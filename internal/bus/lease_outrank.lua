#!lua flags=allow-oom
-- Raises our lease's epoch above one that is known elsewhere: the counter was
-- deleted or lost, or the stream has another name now.
-- KEYS  1 lease   2 epoch
-- ARGV  1 our token   2 the highest epoch that is known elsewhere
-- returns our epoch, or the error FENCED
-- Sent twice, the second changes nothing.
local held = redis.call('HMGET', KEYS[1], 'token', 'epoch')
if held[1] ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local epoch, least = tonumber(held[2]), tonumber(ARGV[2])
if epoch >= least then
  return epoch
end
redis.call('HSET', KEYS[1], 'epoch', least + 1)
redis.call('SET', KEYS[2], least + 1)
return least + 1

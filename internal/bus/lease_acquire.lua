#!lua flags=allow-oom
-- Takes the lease if it is free, or ours already, or known to stand still.
-- KEYS  1 lease (hash: token, epoch, node, renewals)   2 epoch (never expires)
-- ARGV  1 our new token   2 node   3 length in ms
--       4 a token that may be replaced: our own earlier one, or a stuck one
--       5 that token's renewals ('' = any): replaced only if they are still so
-- returns {1, epoch, token, node, 0, length, now in ms} when ours,
--         {0, epoch, token, node, renewals, ms left, now} when somebody else's
-- Sent twice, the second renews: our trust begins with the one that is answered,
-- so a stand-by must not see a lease that stands still since the first.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local held = redis.call('HMGET', KEYS[1], 'token', 'epoch', 'node', 'renewals')
if held[1] == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('HINCRBY', KEYS[1], 'renewals', 1)
  return {1, tonumber(held[2]), ARGV[1], ARGV[2], 0, tonumber(ARGV[3]), now}
end
if held[1] and not (held[1] == ARGV[4] and (ARGV[5] == '' or held[4] == ARGV[5])) then
  return {0, tonumber(held[2]), held[1], held[3], tonumber(held[4]), redis.call('PTTL', KEYS[1]), now}
end
local epoch = redis.call('INCR', KEYS[2])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'token', ARGV[1], 'epoch', epoch, 'node', ARGV[2], 'renewals', 0)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {1, epoch, ARGV[1], ARGV[2], 0, tonumber(ARGV[3]), now}

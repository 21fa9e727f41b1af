-- Gives an event back, to be taken again after a delay, by any worker. It stays
-- the first of its conversation. The recipe of Postern's one conversation at a
-- time, 4 of 4: see docs/one-conversation.md. The same file stands in each SDK.
--
-- KEYS  1 turn   2 holder   3 attempt (as in take.lua)
-- ARGV  1 conversation   2 id   3 token   4 delay in ms
--       5 1 = the attempt counts, 0 = it does not: a worker that stops
-- returns 1, or 0 if the event is not the caller's any more: nothing changed
-- Sent twice, the second returns 0.
local turn, holder, attempts = unpack(KEYS)
local name, id = ARGV[1], ARGV[2]
if redis.call('HGET', holder, name) ~= id .. ' ' .. ARGV[3] then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HDEL', holder, name)
redis.call('ZADD', turn, now + tonumber(ARGV[4]), name)
if ARGV[5] == '0' then
  redis.call('HINCRBY', attempts, id, -1)
end
return 1

-- Keeps events for another lease. Call it each third of one for all that a
-- worker has. The recipe of Postern's one conversation at a time, 2 of 4: see
-- docs/one-conversation.md. The same file stands in each SDK.
--
-- KEYS  1 the inbound stream I   2 turn   3 holder (as in take.lua)
-- ARGV  1 group   2 consumer   3 lease in ms, counted from now
--       then for each event: conversation, id, token
-- returns for each event 1, or 0 if it is not the caller's any more: another
--       worker has it, or it is finished. Stop working on it.
-- Sent twice, the second does the same.
local stream, turn, holder = unpack(KEYS)
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local kept = {}
for i = 4, #ARGV, 3 do
  local name, id = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', holder, name) == id .. ' ' .. ARGV[i + 2] then
    redis.call('ZADD', turn, now + tonumber(ARGV[3]), name)
    redis.pcall('XCLAIM', stream, ARGV[1], ARGV[2], 0, id, 'JUSTID') -- its idle time begins anew
    kept[#kept + 1] = 1
  else
    kept[#kept + 1] = 0
  end
end
return kept

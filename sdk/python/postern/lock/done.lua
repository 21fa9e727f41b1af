-- Finishes an event: acknowledged, out of the line, and the next of its
-- conversation may be taken. With a record, it is a dead letter. The recipe of
-- Postern's one conversation at a time, 3 of 4: see docs/one-conversation.md.
-- The same file stands in each SDK.
--
-- KEYS  1 the inbound stream I   2 line   3 turn   4 holder   5 attempt (as in
--       take.lua)   6 the dead letters, a stream: {I}:dead:<group>
-- ARGV  1 group   2 conversation   3 id   4 token
--       5 ms that dead letters are kept
--       6... none, or the dead letter's fields and values
-- returns 1, or 0 if the event is not the caller's any more: nothing changed;
--       or Redis' own error if the dead letter cannot be written: nothing
--       changed either
-- Sent twice, the second returns 0.
local stream, line, turn, holder, attempts, dead = unpack(KEYS)
local group, name, id = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', holder, name) ~= id .. ' ' .. ARGV[4] then
  return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

if #ARGV > 5 then
  local oldest = string.format('%.0f', math.max(0, now - tonumber(ARGV[5])))
  local written = redis.pcall('XADD', dead, 'MINID', '~', oldest, '*', unpack(ARGV, 6))
  if type(written) == 'table' and written.err then
    return redis.error_reply(written.err .. ' (' .. dead .. ')')
  end
end
redis.call('XACK', stream, group, id)
local ms, seq = id:match('^(%d+)-(%d+)$')
redis.call('ZREM', line, name .. ' ' .. string.rep('0', 20 - #ms) .. ms .. '-' .. string.rep('0', 20 - #seq) .. seq)
redis.call('HDEL', attempts, id)
redis.call('HDEL', holder, name)
if #redis.call('ZRANGEBYLEX', line, '[' .. name .. ' ', '(' .. name .. '!', 'LIMIT', 0, 1) > 0 then
  redis.call('ZADD', turn, now, name)
else
  redis.call('ZREM', turn, name)
end
return 1

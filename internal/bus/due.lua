#!lua flags=allow-oom
-- Tells which streams are due: have stood without a snapshot for long enough. A
-- stream is told of again after a while unless it has ended.
-- KEYS  1 lease   2 stream   3 streams (sorted set, by due)
-- ARGV  1 token   2 group   3 most to tell of   4 ms until a stream is told of
--       again
-- returns {now in ms, {id of a stream, ...}, ms of the next due, 0 = none}; or the
--         error FENCED
-- While the outbound stream has entries that nobody has read, no stream is due:
-- one of them may be its next snapshot.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

local function unread()
  local last = '0-0'
  for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
    local of = {}
    for i = 1, #group, 2 do
      of[group[i]] = group[i + 1]
    end
    if of['name'] == ARGV[2] then
      last = of['last-delivered-id']
    end
  end
  return #redis.call('XRANGE', KEYS[2], '(' .. last, '+', 'COUNT', 1) > 0
end

-- A key that holds something else has no streams.
local streams, next = redis.pcall('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, ARGV[3]), 0
if streams.err then
  return {now, {}, 0}
end
if #streams > 0 and (redis.call('EXISTS', KEYS[2]) == 1 and unread()) then
  streams, next = {}, now
end
for _, id in ipairs(streams) do
  redis.call('ZADD', KEYS[3], now + tonumber(ARGV[4]), id)
end
local later = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
if next == 0 and later[2] then
  next = tonumber(later[2])
end
return {now, streams, next}

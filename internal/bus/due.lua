#!lua flags=allow-oom
-- Tells what is due: entries that were put aside, and streams that have stood
-- without a snapshot for long enough. A stream is told of again after a while
-- unless it has ended; an entry, until it is struck off.
-- KEYS  1 lease   2 stream   3 delayed   4 streams (sorted sets, by due)
-- ARGV  1 token   2 group   3 most to tell of each   4 ms until a stream is told
--       of again
-- returns {now in ms, {id of an entry, its due, ...}, {id of a stream, ...}, ms
--         of the next due, 0 = none}; or the error FENCED
-- Entries of the same due are told of together, however many: only their ids
-- say which comes first.
-- While the outbound stream has entries that nobody has read, no stream is due:
-- one of them may be its next snapshot.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- ripe are a set's members that are due, none if its key holds something else;
-- later is when the next one will be.
local function ripe(key, ...)
  local all = redis.pcall('ZRANGEBYSCORE', key, '-inf', now, ...)
  return all.err and {} or all
end
local function later(key)
  local first = redis.pcall('ZRANGEBYSCORE', key, '(' .. now, '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  return not first.err and tonumber(first[2]) or 0
end

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

local entries = ripe(KEYS[3], 'WITHSCORES', 'LIMIT', 0, ARGV[3])
local streams, next = ripe(KEYS[4], 'LIMIT', 0, ARGV[3]), 0
if #entries >= 2 * tonumber(ARGV[3]) then
  local last = entries[#entries]
  while entries[#entries] == last do
    entries[#entries], entries[#entries - 1] = nil, nil
  end
  for _, v in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], last, last, 'WITHSCORES')) do
    entries[#entries + 1] = v
  end
  next = now
end
if #streams > 0 and (redis.call('EXISTS', KEYS[2]) == 1 and unread()) then
  streams, next = {}, now
end
for _, id in ipairs(streams) do
  redis.call('ZADD', KEYS[4], now + tonumber(ARGV[4]), id)
end
for _, key in ipairs({KEYS[3], KEYS[4]}) do
  local t = later(key)
  if t > 0 and (next == 0 or t < next) then
    next = t
  end
end
return {now, entries, streams, next}

#!lua
-- Makes or changes records, each only if it is still as its writer saw it,
-- and tells who watches. What is over the cap is forgotten, oldest first; its
-- ids are remembered.
-- KEYS  5 per room: 1 head   2 records   3 versions   4 places   5 gone
-- ARGV  1 channel   2 records kept   3 ms an id is remembered   4 ms an idle room is kept
--       then 5 per record: room (from 1), its name, id, version seen (0 = none), data
-- returns per record {1, place, version}, or {0, the record as it is now or ''},
--         or {-1} if it was forgotten
--
-- A record lies in records as "place version made data", made in ms; head
-- holds the room's version, place, the day its keys were last prolonged, and
-- until when, in ms, it remembers the id of a record that it has forgotten.
-- Version and place begin at the clock, in us: a room that was lost gives no
-- number twice.
local clock = redis.call('TIME')
local us = clock[1] * 1000000 + clock[2]
local now = math.floor(us / 1000)
local channel, keep, remembered, idle = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local day = tostring(math.floor(clock[1] / 86400))
local function whole(n) return string.format('%.0f', n) end

-- It forgets an eighth of the cap at a time: most writes need not even look.
local eighth = math.max(1, math.floor(keep / 8))
local function forget(head, records, versions, places, gone)
  local over = redis.call('ZCARD', places) - keep
  if over <= 0 then return end
  local ids = redis.call('ZRANGE', places, 0, math.min(over, 1000) - 1)
  local remember = {}
  for i, held in ipairs(redis.call('HMGET', records, unpack(ids))) do
    local made = held and tonumber(string.match(held, '^%d+ %d+ (%d+) '))
    if made and made + remembered > now then
      remember[#remember + 1] = whole(made + remembered)
      remember[#remember + 1] = ids[i]
    end
  end
  redis.call('HDEL', records, unpack(ids))
  redis.call('ZREM', versions, unpack(ids))
  redis.call('ZREM', places, unpack(ids))
  redis.call('ZREMRANGEBYSCORE', gone, '-inf', now)
  if #remember > 0 then
    redis.call('ZADD', gone, unpack(remember))
    redis.call('PEXPIRE', gone, remembered)
    redis.call('HSET', head, 'forgot', whole(now + remembered))
  end
end

local function write(first, name, id, seen, data)
  local head, records, versions, places, gone = KEYS[first], KEYS[first + 1], KEYS[first + 2], KEYS[first + 3], KEYS[first + 4]
  local held = redis.call('HGET', records, id)
  local place, version, made = string.match(held or '', '^(%d+) (%d+) (%d+) ')
  if (version or '0') ~= seen then
    return {0, held or ''}
  end
  local last = redis.call('HMGET', head, 'version', 'place', 'day', 'forgot')
  if not held and last[4] and tonumber(last[4]) > now then
    local until_ = redis.call('ZSCORE', gone, id)
    if until_ and tonumber(until_) > now then
      return {-1}
    end
  end
  version = whole((tonumber(last[1]) or us) + 1)
  if held then
    redis.call('HSET', head, 'version', version)
  else
    place, made = whole((tonumber(last[2]) or us) + 1), whole(now)
    redis.call('HSET', head, 'version', version, 'place', place)
    redis.call('ZADD', places, place, id)
  end
  redis.call('HSET', records, id, place .. ' ' .. version .. ' ' .. made .. ' ' .. data)
  redis.call('ZADD', versions, version, id)
  if not held and tonumber(place) % eighth == 0 then
    forget(head, records, versions, places, gone)
  end
  if last[3] ~= day then
    redis.call('HSET', head, 'day', day)
    for _, key in ipairs({head, records, versions, places}) do
      redis.call('PEXPIRE', key, idle)
    end
  end
  redis.call('PUBLISH', channel, 'r ' .. place .. ' ' .. version .. ' ' .. #name .. ' ' .. #id .. '\n' .. name .. id .. data)
  return {1, place, version}
end

local answers = {}
for i = 5, #ARGV, 5 do
  answers[#answers + 1] = write((tonumber(ARGV[i]) - 1) * 5 + 1, ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], ARGV[i + 4])
end
return answers

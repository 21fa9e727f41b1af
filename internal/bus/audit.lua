#!lua flags=allow-oom
-- Counts the entries that were trimmed or deleted before anybody read them,
-- once the group has read all there is: of what was ever added, what no read
-- of ours brought.
-- KEYS  1 lease   2 stream   3 tally (hash: read, base; lost and told: how many
--       were lost ever, and how many of them somebody has heard of)
-- ARGV  1 token   2 group   3 what an earlier answer gave as lost ever, or 0:
--       these have been heard of
-- returns {lost ever, how many of them nobody has heard of}; none while
--         something is still to be read, at the first count, and where Redis
--         keeps no count of what was added; or the error FENCED
-- Sent twice, the second tells the same: an answer may be lost.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end

local function number(field)
  return tonumber(redis.call('HGET', KEYS[3], field) or 0)
end
local function tell(more)
  local lost, told = number('lost'), math.max(number('told'), tonumber(ARGV[3]))
  if more > 0 then
    lost = redis.call('HINCRBY', KEYS[3], 'lost', more)
  end
  if told > number('told') then
    redis.call('HSET', KEYS[3], 'told', told)
  end
  return {lost, math.max(0, lost - told)}
end

if redis.call('EXISTS', KEYS[2]) == 0 then
  return tell(0)
end
local last
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[2])) do
  local of = {}
  for i = 1, #group, 2 do
    of[group[i]] = group[i + 1]
  end
  if of['name'] == ARGV[2] then
    last = of['last-delivered-id']
  end
end
if not last or #redis.call('XRANGE', KEYS[2], '(' .. last, '+', 'COUNT', 1) > 0 then
  return tell(0)
end
local added
local stream = redis.call('XINFO', 'STREAM', KEYS[2])
for i = 1, #stream, 2 do
  if stream[i] == 'entries-added' then
    added = stream[i + 1]
  end
end
if not added then
  return tell(0)
end
local read = number('read')
local base = redis.call('HGET', KEYS[3], 'base')
redis.call('HSET', KEYS[3], 'base', added - read)
return tell(base and math.max(0, added - read - tonumber(base)) or 0)

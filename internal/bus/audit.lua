#!lua flags=allow-oom
-- Counts the entries that were trimmed or deleted before anybody read them,
-- once the group has read all there is: of what was ever added, what no read
-- of ours brought.
-- KEYS  1 lease   2 stream   3 tally (hash: read, base)
-- ARGV  1 token   2 group
-- returns how many were lost since the last count; 0 while something is still
--         to be read, at the first count, and where Redis keeps no count of
--         what was added; or the error FENCED
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
if redis.call('EXISTS', KEYS[2]) == 0 then
  return 0
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
  return 0
end
local added
local stream = redis.call('XINFO', 'STREAM', KEYS[2])
for i = 1, #stream, 2 do
  if stream[i] == 'entries-added' then
    added = stream[i + 1]
  end
end
if not added then
  return 0
end
local read = tonumber(redis.call('HGET', KEYS[3], 'read') or 0)
local base = redis.call('HGET', KEYS[3], 'base')
redis.call('HSET', KEYS[3], 'base', added - read)
return base and math.max(0, added - read - tonumber(base)) or 0

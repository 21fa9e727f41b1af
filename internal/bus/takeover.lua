#!lua flags=allow-oom
-- Makes a page of the group's pending entries a consumer's own, if the lease
-- is ours. Ids only: the entries are read when their turn comes.
-- KEYS  1 lease   2 stream   3 gone (list)   4 delayed (sorted set)
-- ARGV  1 token   2 group   3 consumer   4 minimum idle in ms   5 cursor   6 count
--       7 the round that begins: what is of an earlier one is refused from now on
--       8 how many of the ids gone have been reported since the last call
-- returns {next cursor, {id, ...}, {id of an entry that is gone, ...}, {id of an
--         entry that was put aside, its due, ...}}, the first without the last;
--         or the error FENCED, or Redis' own NOGROUP, or LATE: a later round has
--         begun, and what this call would strike off may not be reported yet
-- Redis takes the entries that are gone off the pending list by itself, so
-- they are kept aside until they are reported: an answer may be lost.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
if tonumber(redis.call('HGET', KEYS[1], 'round') or 0) > tonumber(ARGV[7]) then
  return redis.error_reply('LATE this take-over was given up for lost')
end
redis.call('HSET', KEYS[1], 'round', ARGV[7])
local kind = redis.call('TYPE', KEYS[3])
kind = kind.ok or kind
local aside = kind == 'none' or kind == 'list' -- else somebody else's: told once, as it comes
if aside and tonumber(ARGV[8]) > 0 then
  redis.call('LTRIM', KEYS[3], ARGV[8], -1)
end
local page = redis.pcall('XAUTOCLAIM', KEYS[2], ARGV[2], ARGV[3], ARGV[4], ARGV[5], 'COUNT', ARGV[6], 'JUSTID')
if page.err then
  return page
end
local now, early = {}, {}
for _, id in ipairs(page[2]) do
  local due = redis.pcall('ZSCORE', KEYS[4], id)
  if due and not (type(due) == 'table' and due.err) then
    early[#early + 1], early[#early + 2] = id, due
  else
    now[#now + 1] = id
  end
end
for _, id in ipairs(page[3] or {}) do
  redis.pcall('ZREM', KEYS[4], id)
end
if not aside then
  return {page[1], now, page[3] or {}, early}
end
for _, id in ipairs(page[3] or {}) do
  redis.call('RPUSH', KEYS[3], id)
end
return {page[1], now, redis.call('LRANGE', KEYS[3], 0, -1), early}

#!lua flags=allow-oom
-- Strikes off what was put aside and is gone from the stream, a page at a time.
-- KEYS  1 lease   2 stream   3 delayed (sorted set of ids, by due)
-- ARGV  1 token   2 place to begin at   3 how many to look at
-- returns the place where the next page begins, -1 = that was the last; or the
--         error FENCED. A key that holds something else is left alone.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local from, count = tonumber(ARGV[2]), tonumber(ARGV[3])
local ids = redis.pcall('ZRANGE', KEYS[3], from, from + count - 1)
if ids.err then
  return -1
end
local kept = 0
for _, id in ipairs(ids) do
  if #redis.call('XRANGE', KEYS[2], id, id) == 0 then
    redis.call('ZREM', KEYS[3], id)
  else
    kept = kept + 1
  end
end
return #ids < count and -1 or from + kept

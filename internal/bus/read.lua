#!lua flags=allow-oom
-- Takes new entries for a consumer, if the lease is ours.
-- KEYS  1 lease   2 stream   3 tally (hash: read, base)
-- ARGV  1 token   2 group   3 consumer   4 count   5 the round that this read
--       belongs to
-- returns the entries, oldest first, in one list: of each its id, how many texts
--         its fields and values are, and these;
--         or the error FENCED, or Redis' own NOGROUP, or LATE: a take-over has
--         begun since, so this read was given up for lost and must take nothing
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
if redis.call('HGET', KEYS[1], 'round') ~= ARGV[5] then
  return redis.error_reply('LATE this read was given up for lost')
end
local got = redis.pcall('XREADGROUP', 'GROUP', ARGV[2], ARGV[3], 'COUNT', ARGV[4], 'STREAMS', KEYS[2], '>')
if not got then
  return {}
end
if got.err then
  return got
end
redis.pcall('HINCRBY', KEYS[3], 'read', #got[1][2]) -- a key in its way must not hold up what was read
local out, n = {}, 0
for _, entry in ipairs(got[1][2]) do
  local id, fields = entry[1], entry[2]
  out[n + 1], out[n + 2] = id, #fields
  n = n + 2
  for i = 1, #fields do
    out[n + i] = fields[i]
  end
  n = n + #fields
end
return out

#!lua flags=allow-oom
-- Takes new entries for a consumer, if the lease is ours.
-- KEYS  1 lease   2 stream
-- ARGV  1 token   2 group   3 consumer   4 count
-- returns the entries, oldest first: {id, {field, value, ...}} each;
--         or the error FENCED, or Redis' own NOGROUP
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local got = redis.pcall('XREADGROUP', 'GROUP', ARGV[2], ARGV[3], 'COUNT', ARGV[4], 'STREAMS', KEYS[2], '>')
if not got then
  return {}
end
if got.err then
  return got
end
return got[1][2]

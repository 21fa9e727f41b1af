#!lua flags=allow-oom
-- Makes a page of the group's pending entries a consumer's own, if the lease
-- is ours. Ids only: the entries are read when their turn comes.
-- KEYS  1 lease   2 stream
-- ARGV  1 token   2 group   3 consumer   4 minimum idle in ms   5 cursor   6 count
-- returns {next cursor, {id, ...}, {id of an entry that is gone, ...}};
--         or the error FENCED, or Redis' own NOGROUP
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
return redis.pcall('XAUTOCLAIM', KEYS[2], ARGV[2], ARGV[3], ARGV[4], ARGV[5], 'COUNT', ARGV[6], 'JUSTID')

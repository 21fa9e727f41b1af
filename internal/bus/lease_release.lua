#!lua flags=allow-oom
-- Gives the lease up and says so, in one step. Not ours: nothing happens.
-- KEYS  1 lease
-- ARGV  1 our token   2 channel to announce it on
--       3 the node that is to take over ('' = any)
-- returns 1 if it was ours
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
redis.pcall('PUBLISH', ARGV[2], ARGV[3] == '' and 'released' or 'released ' .. ARGV[3])
return 1

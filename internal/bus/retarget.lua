#!lua flags=allow-oom
-- Notes in a message's claim what an edit of it made of one of its parts.
-- KEYS  1 lease   2 claim
-- ARGV  1 token   2 part (from 0)   3 its id from now on, '' = it is gone
-- returns 1, or 0 if the claim is not one that is done, be it that the message is
--         remembered no more; or the error FENCED
-- Sent twice, the second does the same. The claim is remembered as long as before.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
-- include packed

local held = loose(KEYS[2], 'state')
if held.err or held[1] ~= 'done' then
  return 0
end
redis.call('HSET', KEYS[2], 'id:' .. ARGV[2], ARGV[3])
return 1

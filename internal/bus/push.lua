#!lua flags=allow-oom
-- Pushes one reply or receipt onto a list in another slot than its stream.
-- KEYS  1 list
-- ARGV  1 bytes   2 ms until the list expires   3 its cap
-- returns 0, or 1 if the key is no list: it is left alone
local kind = redis.call('TYPE', KEYS[1])
kind = kind.ok or kind
if kind ~= 'none' and kind ~= 'list' then
  return 1
end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -tonumber(ARGV[3]), -1)
if redis.call('PTTL', KEYS[1]) < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0

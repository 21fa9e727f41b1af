#!lua
-- Publishes a dead or parked envelope again and reopens its claim, keeping
-- the parts that were already sent. The record goes.
-- KEYS  1 stream   2 the record's stream   3 claim
-- ARGV  1 the record's id   2 the entry it was   3 the envelope's bytes
--       4 trace id   5 the first entry of that envelope, which names it for
--       ever where it has no key   6 '1' if something of it may be there already
-- returns {new entry id, ''}, or {'', why not}
if #redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1]) == 0 then
  return {'', 'gone'}
end
local kind = redis.call('TYPE', KEYS[3])
kind = kind.ok or kind
if kind ~= 'none' and kind ~= 'hash' then
  return {'', 'in Redis, but a ' .. kind .. ' and no claim'}
end
local held = redis.call('HGET', KEYS[3], 'entry')
if held and held ~= ARGV[2] then
  return {'', 'held by entry ' .. held}
end
local time = redis.call('TIME')
local now = string.format('%.3f', tonumber(time[1]) + tonumber(time[2]) / 1000000)
local id = redis.call('XADD', KEYS[1], '*', 'data', ARGV[3], 'ts', now, 'trace_id', ARGV[4], 'replay_of', ARGV[5])
if held then
  redis.call('HSET', KEYS[3], 'state', 'claimed', 'entry', id, 'takeovers', 0)
  redis.call('HDEL', KEYS[3], 'receipt', 'reply', 'taker', 'rest')
  if ARGV[6] ~= '' then
    redis.call('HSET', KEYS[3], 'doubt', ARGV[6])
  end
  redis.call('PERSIST', KEYS[3])
end
redis.call('XDEL', KEYS[2], ARGV[1])
return {id, ''}

#!lua
-- Publishes a dead or parked envelope again and reopens its claim, keeping
-- the parts that were already sent. The record goes.
-- KEYS  1 stream   2 the record's stream   3 claim
-- ARGV  1 the record's id   2 the entry it was   3 the envelope's bytes
--       4 trace id   5 the first entry of that envelope, which names it for
--       ever where it has no key   6 '1' if a part of it may be there already
-- returns {new entry id, ''}, or {'', why not}
-- A part that may be there stays so: whoever takes the claim up looks, or sends
-- it again under its key, or does what a person has asked for by this call.
-- Records may outlive their claims. What may be there is then flagged.
if #redis.call('XRANGE', KEYS[2], ARGV[1], ARGV[1]) == 0 then
  return {'', 'gone'}
end
-- include packed

local held = loose(KEYS[3], 'entry', 'open')
if held.err then
  local kind = redis.call('TYPE', KEYS[3])
  return {'', 'in Redis, but a ' .. (kind.ok or kind) .. ' and no claim'}
end
if held[1] and held[1] ~= ARGV[2] then
  return {'', 'held by entry ' .. held[1]}
end
local time = redis.call('TIME')
local now = string.format('%.3f', tonumber(time[1]) + tonumber(time[2]) / 1000000)
local id = redis.call('XADD', KEYS[1], '*', 'data', ARGV[3], 'ts', now, 'trace_id', ARGV[4], 'replay_of', ARGV[5])
if held[1] then
  redis.call('HDEL', KEYS[3], 'error', 'reply', 'open', 'rest')
  redis.call('HSET', KEYS[3], 'state', 'claimed', 'entry', id, 'takeovers', 0)
  if held[2] then
    redis.call('HSET', KEYS[3], 'state', 'sending', 'rest', 'bidden')
  end
  redis.call('PERSIST', KEYS[3])
elseif ARGV[6] ~= '' then
  redis.call('HSET', KEYS[3], 'state', 'claimed', 'entry', id, 'owner', '', 'digest', '', 'lane', '',
    'attempts', 0, 'takeovers', 0, 'doubt', 1)
end
redis.call('XDEL', KEYS[2], ARGV[1])
return {id, ''}

#!lua flags=no-writes
-- Tells which gates are shut.
-- KEYS  1 lease   2 gates (hash: gate -> '<ms by Redis' clock> <ms that were said>')
-- ARGV  1 token
-- returns {now in ms, gate, its value, ...}; or the error FENCED
-- A key that holds something else keeps no gates.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local time = redis.call('TIME')
local out = {tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)}
local all = redis.pcall('HGETALL', KEYS[2])
if not all.err then
  for i = 1, #all do
    out[i + 1] = all[i]
  end
end
return out

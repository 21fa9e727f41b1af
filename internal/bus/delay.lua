#!lua flags=allow-oom
-- Puts entries aside whose place is not their own: until they are due, and, if
-- that is over, until what was published before their due is read. They stay
-- pending; the first of a key
-- that is free leaves word in its claim, for those that target it. What was
-- begun before the clock was set back keeps its claim as it is: parts of it may
-- be there.
-- KEYS  1 lease   2 delayed (sorted set of ids, by due)   3... claims
-- ARGV  1 token, 2 ms that a claim outlasts its due, then for each entry:
--       id, ms of its due, digest, lane; a number in KEYS, or 0 if it has no key
-- returns {now in ms, 1 for each that was put aside, 0 for each that is due and
--         was when it was published};
--         or the error FENCED, or Redis' own if the sorted set's key holds
--         something else
-- Sent twice, the second does the same.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local out = {now}
for a = 3, #ARGV, 5 do
  local entry, due, claim = ARGV[a], tonumber(ARGV[a + 1]), KEYS[tonumber(ARGV[a + 4])]
  local aside = due > now or due > tonumber(string.match(entry, '^%d+'))
  if aside then
    local added = redis.pcall('ZADD', KEYS[2], due, entry)
    if type(added) == 'table' and added.err then
      return added
    end
  end
  if aside and claim then
    local held = redis.pcall('HMGET', claim, 'state', 'entry', 'step')
    local untouched = held[1] == 'delayed' or held[1] == 'claimed' and not held[3]
    if not held.err and (not held[1] or untouched and held[2] == entry) then
      redis.call('HSET', claim, 'state', 'delayed', 'entry', entry, 'due', due,
        'digest', ARGV[a + 2], 'lane', ARGV[a + 3])
      redis.call('PEXPIRE', claim, math.max(due - now, 0) + tonumber(ARGV[2]))
    end
  end
  out[#out + 1] = aside and 1 or 0
end
return out

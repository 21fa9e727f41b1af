#!lua flags=allow-oom
-- Keeps gates shut, for who is active after us.
-- KEYS  1 lease   2 gates (hash: gate -> '<ms by Redis' clock> <ms that were said>')
-- ARGV  1 token   2 most gates that are kept, then for each gate:
--       its name, ms of when it opens, ms that it was said to stay shut
-- returns how many are kept; or the error FENCED, or Redis' own if the key
--         holds something else
-- A gate that is kept already opens at the later time. Of too many, those that
-- are open by now go, then those that open first. The key goes with the last.
-- Sent twice, the second changes nothing.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local most, last = tonumber(ARGV[2]), 0

-- When a kept gate opens: never longer from now than was said, for this clock
-- may have stepped back.
local function opens(value)
  local till, said = string.match(value or '', '^(%d+) (%d+)$')
  return math.min(tonumber(till or 0), now + tonumber(said or 0))
end

for a = 3, #ARGV, 3 do
  local gate, till = ARGV[a], tonumber(ARGV[a + 1])
  local held = redis.pcall('HGET', KEYS[2], gate)
  if type(held) == 'table' and held.err then
    return held
  end
  if till > now and till > opens(held) then
    redis.call('HSET', KEYS[2], gate, ARGV[a + 1] .. ' ' .. ARGV[a + 2])
    last = math.max(last, till)
  end
end

local kept = redis.call('HLEN', KEYS[2])
if kept > most then
  local all, shut = redis.call('HGETALL', KEYS[2]), {}
  for i = 1, #all, 2 do
    shut[#shut + 1] = {all[i], opens(all[i + 1])}
  end
  table.sort(shut, function(a, b) return a[2] > b[2] end)
  for i = #shut, 1, -1 do
    if shut[i][2] > now and i <= most * 3 / 4 then
      break
    end
    redis.call('HDEL', KEYS[2], shut[i][1])
    kept = kept - 1
  end
end
if last - now > redis.call('PTTL', KEYS[2]) then
  redis.call('PEXPIRE', KEYS[2], last - now)
end
return kept

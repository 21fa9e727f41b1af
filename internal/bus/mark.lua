#!lua flags=allow-oom
-- Records how far a batch of claims has come, before the next effect.
-- KEYS  1 lease   2... claims
-- ARGV  1 token, then for each claim:
--       entry id, state ('sending' or 'claimed'), part (from 0), parts,
--       attempts, '' or the platform's id of the part before,
--       '' or the rendered parts still to send
-- returns {now in ms, 1 or 0 for each: 0 = the claim is not this entry's, or
--         the key holds something else}; or the error FENCED
-- started_at is when the part may first have been sent: it is set on the way
-- from 'claimed' to 'sending', and for each new part.
-- Sent twice, the second changes nothing more.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local out = {now}
for k = 2, #KEYS do
  local key, a = KEYS[k], 2 + (k - 2) * 7
  local state, part = ARGV[a + 1], ARGV[a + 2]
  local held = redis.pcall('HMGET', key, 'entry', 'state', 'part')
  if held.err or held[1] ~= ARGV[a] or (held[2] ~= 'claimed' and held[2] ~= 'sending') then
    out[k] = 0
  else
    out[k] = 1
    redis.call('HSET', key, 'state', state, 'owner', ARGV[1], 'part', part, 'parts', ARGV[a + 3], 'attempts', ARGV[a + 4])
    if state == 'sending' and (held[2] == 'claimed' or held[3] ~= part) then
      redis.call('HSET', key, 'started_at', now)
    end
    if ARGV[a + 5] ~= '' then
      redis.call('HSET', key, 'id:' .. (tonumber(part) - 1), ARGV[a + 5], 'takeovers', 0)
    end
    if ARGV[a + 6] ~= '' then
      redis.call('HSET', key, 'plan', ARGV[a + 6])
    end
  end
end
return out

#!lua flags=allow-oom
-- Records how far a batch of claims has come, before the next effect.
-- KEYS  1 lease   2... claims
-- ARGV  1 token, then for each claim:
--       entry id, step, state, part (from 0), parts, attempts,
--       '1' if the state is at rest: the adapter has come back; 'bidden' if
--         also a person's word to send it again still stands,
--       '1' if something of it may be there twice,
--       '1' if the part before is there, and the platform's id of it,
--       '' or the rendered parts still to send,
--       '' or the operation that begins on a stream's message; then its
--       snapshot's seq, '1' if that is final, its digest, its envelope
-- returns {now in ms, 1 or 0 for each: 0 = the claim is not this entry's, or
--         the key holds something else, or the claim is past this step};
--         or the error FENCED
-- started_at is when the part may first have been sent: it is set on the way
-- from 'claimed' to 'sending', and for each new part.
-- Sent twice, the second changes nothing more. One that comes late, after a
-- higher step, changes nothing at all.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
-- include packed

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local out = {now}
for k = 2, #KEYS do
  local key, a = KEYS[k], 2 + (k - 2) * 16
  local entry, step, state, part, parts = ARGV[a], ARGV[a + 1], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4]
  local attempts, rest, doubt, before, id, plan =
    ARGV[a + 5], ARGV[a + 6], ARGV[a + 7], ARGV[a + 8], ARGV[a + 9], ARGV[a + 10]
  local op = ARGV[a + 11]
  local held = loose(key, 'entry', 'state', 'part', 'step', 'rest')
  if held.err or held[1] ~= entry or (held[2] ~= 'claimed' and held[2] ~= 'sending')
    or tonumber(held[4] or 0) > tonumber(step) then
    out[k] = 0
  else
    out[k] = 1
    local fields = {'state', state, 'owner', ARGV[1], 'step', step, 'part', part, 'parts', parts, 'attempts', attempts}
    local function set(field, value)
      fields[#fields + 1], fields[#fields + 2] = field, value
    end
    if rest ~= '' then
      set('rest', rest)
    elseif held[5] then
      redis.call('HDEL', key, 'rest')
    end
    if doubt ~= '' then
      set('doubt', doubt)
    end
    if state == 'sending' and (held[2] == 'claimed' or held[3] ~= part) then
      set('started_at', now)
    end
    if before ~= '' then
      set('id:' .. (tonumber(part) - 1), id)
      set('takeovers', 0)
    end
    if op ~= '' then
      set('op', op)
      set('seq', ARGV[a + 12])
      set('final', ARGV[a + 13])
      set('digest', ARGV[a + 14])
      set('data', ARGV[a + 15])
      set('takeovers', 0)
      redis.call('HDEL', key, 'plan')
    end
    if plan ~= '' then
      set('plan', plan)
    end
    redis.call('HSET', key, unpack(fields)) -- one call: each costs Redis more than what it does
  end
end
return out

#!lua flags=allow-oom
-- Looks up the claims of a batch of entries and takes those that are free.
-- A claim is a hash: state, entry, owner (the token that took it), digest,
-- lane, attempts, takeovers; then as it goes on part, parts, started_at, step,
-- rest, doubt, plan, id:<part>; at its end receipt and, for an RPC, reply.
-- KEYS  1 lease   2 stream   3... claims
-- ARGV  1 token, then for each claim:
--       entry id, digest, lane, and '' or the id of an entry whose unfinished
--       claim this entry takes over, if that entry is gone from the stream
-- returns {now in ms, {field, value, ...} for each}, or the error FENCED.
--         A key that is no hash answers {'state', 'foreign'}.
-- Sent twice, the second answers as the first did.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local token = ARGV[1]
local time = redis.call('TIME')
local out = {tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)}
for k = 3, #KEYS do
  local key, a = KEYS[k], 2 + (k - 3) * 4
  local entry, gone = ARGV[a], ARGV[a + 3]
  local held = redis.pcall('HMGET', key, 'state', 'entry', 'owner', 'taker', 'rest')
  if held.err then
    out[k - 1] = {'state', 'foreign'}
  else
    local open = held[1] == 'claimed' or held[1] == 'sending'
    local mine = held[2] == entry
      or (gone ~= '' and held[2] == gone and #redis.call('XRANGE', KEYS[2], gone, gone) == 0)
    if not held[1] then
      redis.call('HSET', key, 'state', 'claimed', 'entry', entry, 'owner', token, 'digest', ARGV[a + 1],
        'lane', ARGV[a + 2], 'attempts', 0, 'takeovers', 0)
    elseif open and mine then
      if held[2] ~= entry then
        redis.call('HSET', key, 'entry', entry)
      end
      if held[1] == 'claimed' then
        redis.call('HSET', key, 'owner', token)
      elseif held[3] ~= token and held[4] ~= token then
        if not held[5] then -- its owner ended while the part was on its way
          redis.call('HINCRBY', key, 'takeovers', 1)
        end
        redis.call('HSET', key, 'taker', token)
      end
    end
    out[k - 1] = redis.call('HGETALL', key)
  end
end
return out

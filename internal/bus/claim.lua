#!lua flags=allow-oom
-- Looks up the claims of a batch of entries and takes those that are free.
-- A claim is a hash: state, entry, owner (the token that took it), digest,
-- lane, attempts, takeovers; then as it goes on part, parts, started_at, step,
-- rest, doubt, plan, id:<part>; at its end error if it was not delivered, open if
-- a part of it may be there all the same, and, for an RPC, reply. A stream's has
-- also stream, and of the snapshot that was begun last op, seq, final, data; one
-- of an entry that is not due has due.
-- KEYS  1 lease   2 stream   3... claims
-- ARGV  1 token   2 the number of this call: each has a higher one, also where it
--       is the same batch once more; then for each claim:
--       entry id, digest, lane, '' or the id of an entry whose unfinished
--       claim this entry takes over, if that entry is gone from the stream,
--       '' or a snapshot's seq, '1' if it is final, 'quiet' if it is the last
--       one once more, to end a stream that had none for too long
-- returns {now in ms, {field, value, ...} for each}, or the error FENCED, or
--         LATE: a later call has been served, so this one was given up for lost,
--         and its entries may have left since.
--         A key that is no hash answers {'state', 'foreign'}.
-- A stream's claim is the stream's: its lane has one entry in flight, so it
-- passes to each snapshot that is newer than the one begun last. A final takes
-- it also where a snapshot before it died or was parked; one that ends a quiet
-- stream, only as long as no other has been begun.
-- takeovers counts the owners that ended while they sent the open part: each
-- once, by whoever finds it first. From then on the claim is at rest until it is
-- sent again, so that those who only hold it, waiting, are not counted.
-- Sent twice, the second answers as the first did.
local lease = redis.call('HMGET', KEYS[1], 'token', 'claims')
if lease[1] ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local number, served = tonumber(ARGV[2]), tonumber(lease[2] or 0)
if number < served then
  return redis.error_reply('LATE this call was given up for lost')
elseif number > served then
  redis.call('HSET', KEYS[1], 'claims', ARGV[2])
end
local token = ARGV[1]
local time = redis.call('TIME')
local out = {tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)}

-- follows says whether a snapshot may take the claim of its stream.
local function follows(held, entry, lane, seq, final)
  if seq == '' or not held[5] or held[6] ~= lane or held[1] == 'done' then
    return false
  end
  if final == 'quiet' then
    return held[1] == 'growing' and held[2] == entry
  end
  if held[1] == 'dead' or held[1] == 'parked' then
    return final ~= '' and held[8] ~= '1'
  end
  return final ~= '' or not held[7] or tonumber(seq) > tonumber(held[7])
end

for k = 3, #KEYS do
  local key, a = KEYS[k], 3 + (k - 3) * 6
  local entry, lane, gone, seq, final = ARGV[a], ARGV[a + 2], ARGV[a + 3], ARGV[a + 4], ARGV[a + 5]
  local held = redis.pcall('HMGET', key, 'state', 'entry', 'owner', 'rest', 'stream', 'lane', 'seq', 'final')
  if held.err then
    out[k - 1] = {'state', 'foreign'}
  else
    local state = held[1]
    local open = state == 'claimed' or state == 'sending'
    local mine = held[2] == entry
      or (gone ~= '' and held[2] == gone and #redis.call('XRANGE', KEYS[2], gone, gone) == 0)
    if not state or state == 'delayed' then
      redis.call('DEL', key)
      local fresh = {'state', 'claimed', 'entry', entry, 'owner', token, 'digest', ARGV[a + 1],
        'lane', lane, 'attempts', '0', 'takeovers', '0'}
      if seq ~= '' then
        fresh[15], fresh[16] = 'stream', '1'
      end
      redis.call('HSET', key, unpack(fresh))
      out[k - 1] = fresh -- all that there is: it need not be read again
    else
      if not (open and mine) and follows(held, entry, lane, seq, final) then
        if state == 'growing' then
          state = 'claimed'
        elseif state == 'dead' then -- what died is not carried on: only what is there counts
          state = 'claimed'
          redis.call('HSET', key, 'part', 0, 'parts', 0, 'takeovers', 0)
          redis.call('HDEL', key, 'plan', 'rest')
        elseif state == 'parked' then
          state = 'sending'
        end
        redis.call('HSET', key, 'state', state, 'entry', entry, 'attempts', 0)
        redis.call('HDEL', key, 'error', 'open')
        redis.call('PERSIST', key)
        open, mine, held[2] = true, true, entry
      end
      if open and mine then
        if held[2] ~= entry then
          redis.call('HSET', key, 'entry', entry)
        end
        if state == 'claimed' then
          redis.call('HSET', key, 'owner', token)
        elseif held[3] ~= token and not held[4] then -- its owner ended while the part was on its way
          redis.call('HINCRBY', key, 'takeovers', 1)
          redis.call('HSET', key, 'rest', '1')
        end
      end
      out[k - 1] = redis.call('HGETALL', key)
    end
  end
end
return out

#!lua flags=allow-oom
-- Looks up the claims of a batch of entries and takes those that are free.
-- A claim is a hash: state, entry, owner (the token that took it), digest,
-- lane, attempts, takeovers; then as it goes on part, parts, started_at, step,
-- rest, doubt, plan, call, id:<part>; at its end error if it was not delivered, open if
-- a part of it may be there all the same, and, for an RPC, reply. A stream's has
-- also stream, and of the snapshot that was begun last op, seq, final, data; one
-- of an entry that is not due has due.
-- KEYS  1 lease   2 stream   3... claims
-- ARGV  1 token   2 the number of this call: each has a higher one, also where it
--       is the same batch once more; then for each claim:
--       entry id, digest, lane, and how:
--         ''      it is taken
--         'send'  it is taken with its one part marked as on its way, as the
--                 script mark would do next; one argument follows, the number of
--                 the first call that asked for this
--         'more'  three arguments follow: '' or the id of an entry whose
--                 unfinished claim this entry takes over, if that entry is gone
--                 from the stream; '' or a snapshot's seq; '1' if it is final,
--                 'quiet' if it is the last one once more, to end a stream that
--                 had none for too long
-- returns {now in ms, for each 1 if it was free and is taken as it was asked for,
--         else {field, value, ...}}, or the error FENCED, or
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
-- Sent twice, the second finds each claim as the first left it; and one that was
-- marked as on its way is known by its call: nothing was sent before the answer.
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
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local out, at = {now}, 3

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
  local key, entry, digest, lane, how = KEYS[k], ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local gone, seq, final, call = '', '', '', false
  at = at + 4
  if how == 'more' then
    gone, seq, final = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    at = at + 3
  elseif how == 'send' then
    call = ARGV[at]
    at = at + 1
  end
  local held = redis.pcall('HMGET', key, 'state', 'entry', 'owner', 'rest', 'stream', 'lane', 'seq', 'final', 'call')
  if held.err then
    out[k - 1] = {'state', 'foreign'}
  else
    local state = held[1]
    local open = state == 'claimed' or state == 'sending'
    local mine = held[2] == entry
      or (gone ~= '' and held[2] == gone and #redis.call('XRANGE', KEYS[2], gone, gone) == 0)
    if not state or state == 'delayed' then
      if state then
        redis.call('DEL', key)
      end
      local fresh = {'state', 'claimed', 'entry', entry, 'owner', token, 'digest', digest,
        'lane', lane, 'takeovers', '0', 'attempts', '0'}
      if call then
        fresh[2], fresh[14] = 'sending', '1'
        fresh[15], fresh[16], fresh[17], fresh[18] = 'step', '1', 'part', '0'
        fresh[19], fresh[20], fresh[21], fresh[22] = 'parts', '1', 'started_at', now
        fresh[23], fresh[24] = 'call', call
      elseif seq ~= '' then
        fresh[15], fresh[16] = 'stream', '1'
      end
      redis.call('HSET', key, unpack(fresh))
      out[k - 1] = 1 -- who asks knows all that there is
    elseif call and state == 'sending' and held[2] == entry and held[3] == token and held[9] == call then
      out[k - 1] = 1
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

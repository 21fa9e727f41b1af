#!lua flags=allow-oom
-- Looks up the claims of a batch of entries and takes those that are free.
-- A claim is a hash, or packed: state, entry, owner (the token that took it), digest,
-- lane, attempts, takeovers; then as it goes on part, parts, started_at, step,
-- rest, doubt, plan, call, id:<part>; at its end error if it was not delivered, open if
-- a part of it may be there all the same, and, for an RPC, reply. A stream's has
-- also stream, and of the snapshot that was begun last op, seq, final, data; one
-- of an entry that is not due has due.
-- KEYS  1 lease   2 stream   3... claims
-- ARGV  1 token   2 the number of this call: each has a higher one, also where it
--       is the same batch once more   3 how many of the claims, the first ones,
--       are taken with their one part marked as on its way, as the script mark
--       would do next; no two of them are the same
--       for each of these: the number of the first call that asked for it, entry
--       id, digest and lane, a space between them
--       for each of the others: entry id; digest and lane, a space between; and how:
--         ''      it is taken
--         number  it is taken as the first ones are; it is that of the first call
--                 that asked for this
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
-- include packed

local token = ARGV[1]
local time = redis.call('TIME')
local now = string.format('%.0f', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
local head = 's ' .. now .. ' ' .. token .. ' ' -- of a claim that is packed
local out, at = {tonumber(now)}, 4

-- follows says whether a snapshot may take the claim of its stream.
local function follows(held, q)
  if q.seq == '' or not held.stream or held.lane ~= q.lane or held.state == 'done' then
    return false
  end
  if q.final == 'quiet' then
    return held.state == 'growing' and held.entry == q.entry
  end
  if held.state == 'dead' or held.state == 'parked' then
    return q.final ~= '' and held.final ~= '1'
  end
  return q.final ~= '' or not held.seq or tonumber(q.seq) > tonumber(held.seq)
end

-- passes makes the claim of a stream that of its next snapshot.
local function passes(key, held, entry)
  if held.state == 'growing' then
    held.state = 'claimed'
  elseif held.state == 'dead' then -- what died is not carried on: only what is there counts
    held.state = 'claimed'
    redis.call('HSET', key, 'part', 0, 'parts', 0, 'takeovers', 0)
    redis.call('HDEL', key, 'plan', 'rest')
    held.rest = nil
  elseif held.state == 'parked' then
    held.state = 'sending'
  end
  redis.call('HSET', key, 'state', held.state, 'entry', entry, 'attempts', 0)
  redis.call('HDEL', key, 'error', 'open')
  redis.call('PERSIST', key)
  held.entry = entry
end

-- takes makes the claim an entry's that has none yet.
local function takes(key, q)
  if q.call then
    redis.call('SET', key, head .. q.what)
  else
    redis.call('HSET', key, 'state', 'claimed', 'entry', q.entry, 'owner', token, 'digest', q.digest,
      'lane', q.lane, 'takeovers', '0', 'attempts', '0', unpack(q.seq ~= '' and {'stream', '1'} or {}))
  end
end

-- owns has an open claim of the entry's own be this owner's.
local function owns(key, held, entry)
  local ended = held.state == 'sending' and held.owner ~= token and not held.rest -- while the part was on its way
  if held.entry == entry and held.state == 'sending' and not ended then
    return false
  end
  loosen(key)
  redis.call('HSET', key, 'entry', entry)
  if held.state == 'claimed' then
    redis.call('HSET', key, 'owner', token)
  elseif ended then
    redis.call('HINCRBY', key, 'takeovers', 1)
    redis.call('HSET', key, 'rest', '1')
  end
  return true
end

-- claim answers for one that was not free at once.
local function claim(key, q)
  local held, all = fields(key)
  if not held or #all > 0 and not held.state then
    return {'state', 'foreign'}
  elseif not held.state or held.state == 'delayed' then
    redis.call('DEL', key)
    takes(key, q)
    return 1
  elseif q.call and held.state == 'sending' and held.entry == q.entry and held.owner == token and held.call == q.call then
    return 1
  end
  local mine = held.entry == q.entry
    or (q.gone ~= '' and held.entry == q.gone and #redis.call('XRANGE', KEYS[2], q.gone, q.gone) == 0)
  local changed = false
  if not (mine and (held.state == 'claimed' or held.state == 'sending')) and follows(held, q) then
    passes(key, held, q.entry)
    mine, changed = true, true
  end
  if mine and (held.state == 'claimed' or held.state == 'sending') then
    changed = owns(key, held, q.entry) or changed
  end
  return changed and redis.call('HGETALL', key) or all
end

-- asked is what is asked for, in words of the others' kinds; what is the text
-- behind the head of a claim that is packed.
local function asked(call, entry, digest, lane, what)
  return {call = call, entry = entry, digest = digest, lane = lane, what = what, gone = '', seq = '', final = ''}
end

-- takeAll takes the first ones together, if all are free: a call costs Redis more
-- than what it does.
local plain = tonumber(ARGV[3])
local function takeAll()
  local set = {}
  for i = 1, plain do
    set[2 * i - 1], set[2 * i] = KEYS[2 + i], head .. ARGV[3 + i]
  end
  return plain > 0 and redis.call('MSETNX', unpack(set)) == 1
end

if takeAll() then -- as nearly always; who asks knows all that there is
  for i = 1, plain do
    out[1 + i] = 1
  end
else
  for i = 1, plain do
    local what = ARGV[3 + i]
    if redis.call('SET', KEYS[2 + i], head .. what, 'NX') then
      out[1 + i] = 1
    else
      local call, entry, digest, lane = string.match(what, '^(%S+) (%S+) (%S*) ()')
      out[1 + i] = claim(KEYS[2 + i], asked(call, entry, digest, string.sub(what, lane), what))
    end
  end
end

at = at + plain
for k = 3 + plain, #KEYS do
  local entry, what, how = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local more = how == 'more'
  local call = not more and how ~= '' and how
  local digest, lane = string.match(what, '^(%S*) ()')
  local q = asked(call, entry, digest, string.sub(what, lane), call and call .. ' ' .. entry .. ' ' .. what)
  if more then
    q.gone, q.seq, q.final = ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  end
  out[k - 1] = claim(KEYS[k], q)
  at = at + (more and 6 or 3)
end
return out

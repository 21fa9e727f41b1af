#!lua flags=allow-oom
-- Finishes a batch of entries: acknowledged and deleted, claim ended, dead or
-- parked record written, receipt or reply pushed, in one step each. It may
-- write when Redis is full, and frees more than it writes.
-- KEYS  1 lease   2 stream   3 dead   4 parked   5 outbox   6 streams   7 delayed
--       8... the plain ones' claims; then claims and lists, as ARGV refers to
--       them by number
-- ARGV  1 token   2 group   3 channel for receipts
--       4 ms that a record is kept
--       5 how many entries are plain, as most are: their one part was there at the
--         first attempt, the claim ought to be a string, and ends as done
--       6 ms that a plain one's claim is remembered
--       7 the plain ones' receipts as JSON, one a line
--       then for each plain one: entry id; its attempts, the bytes of its part's
--       id at the platform, and that id, with spaces between
--       then for each other one:
--       entry id
--       claim: a number in KEYS, or 0
--       what becomes of the claim: 'keep', 'delete', or its last state
--       ms that an ended claim is remembered, and that a stream's may stand
--         without a snapshot
--       attempts, '' or the part whose id follows, that id,
--       the receipt as JSON, published with those of the others
--       '1' if the claim ought to be a string
--       '' if that is all there is to say of it, as of most; 'more' if there follow:
--       '1' if something of it may be there twice
--       '1' if the open part may be there
--       '' or why it was not delivered as JSON, kept in the claim
--       '' or an RPC's reply as JSON, kept in the claim
--       '' or the id of the stream that it is a snapshot of, '1' if it is the
--         final one, '1' if its receipt is not published
--       record: 0, 3 (dead) or 4 (parked); how many fields; the fields
--       pushes: how many; for each: a number in KEYS, or 0 for the outbox;
--         the list's name; the bytes; ms until the list expires; its cap
-- returns for each entry, the plain ones first, the number of pushes that met a
--         key that is no list, and 65536 more if its receipt may not be published;
--         or -1 if the entry was finished already; or the error FENCED; or
--         Redis' own error if a record cannot be written: that entry, and those
--         behind it in the batch, are as they were
-- Sent twice, the second finds the entry gone and changes nothing.
-- Of the records that are too old a hundred go at most: a clock that is set
-- forward for a while does not take all with it.
-- Nothing is undone when a script fails in the middle: so what can fail comes
-- before what must not be done alone. That the stream is one is asked first, and
-- the record is written before the entry is freed. Entries are freed together: a
-- call costs Redis more than what it does.
-- A claim that is done is written anew with what lasts of it: what a duplicate is
-- told and what targets the message needs. Redis keeps a hash compactly until a
-- field is longer than 64 bytes, and never again after that. One that is dead or
-- parked stays as it is: it may be published again.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local oldest = math.max(0, tonumber(time[1]) * 1000 - tonumber(ARGV[4]))
local stream, group, at, out = KEYS[2], ARGV[2], 8, {}
redis.call('XLEN', stream) -- fails if its key holds something else
local delayed = redis.call('EXISTS', KEYS[7]) == 1
-- Of a claim: what tells whether the entry has it open, then what lasts of it.
local lasting = {'entry', 'state', 'parts', 'stream', 'digest', 'lane', 'doubt', 'seq', 'final'}

local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- include packed

local ended = {} -- entries to be freed
local told, tells, mute = {}, {}, 65536 -- receipts, and whose; one that is not published

-- free lets go of the entries that have ended, and says so to whoever listens.
local function free()
  if #ended > 0 then
    redis.call('XACK', stream, group, unpack(ended))
    redis.call('XDEL', stream, unpack(ended))
    if delayed then
      redis.pcall('ZREM', KEYS[7], unpack(ended))
    end
  end
  if #told > 0 and type(redis.pcall('PUBLISH', ARGV[3], told[2] and table.concat(told, '\n') or told[1])) == 'table' then
    for _, i in ipairs(tells) do
      out[i] = out[i] + mute
    end
  end
end

local function push(key, bytes, ttl, cap)
  local kind = redis.call('TYPE', key)
  kind = kind.ok or kind
  if kind ~= 'none' and kind ~= 'list' then
    return 1
  end
  redis.call('RPUSH', key, bytes)
  redis.call('LTRIM', key, -tonumber(cap), -1)
  if redis.call('PTTL', key) < 0 then
    redis.call('PEXPIRE', key, ttl)
  end
  return 0
end

-- lasts is what lasts of a claim, held, that is done. It has ids of its parts from
-- 0 without a gap, and part is the one that the settlement brings.
local function lasts(claim, held, part)
  local set = {'entry', held[1]}
  for i = 4, #lasting do
    if held[i] then
      set[#set + 1], set[#set + 2] = lasting[i], held[i]
    end
  end
  if part ~= '0' or held[3] ~= '1' or held[4] then -- else that is its one id
    local n = 0
    local id = redis.call('HGET', claim, 'id:0')
    while id do
      set[#set + 1], set[#set + 2] = 'id:' .. n, id
      n = n + 1
      id = redis.call('HGET', claim, 'id:' .. n)
    end
  end
  return set
end

-- tell has an entry's receipt published.
local function tell(i, receipt)
  told[#told + 1], tells[#tells + 1] = receipt, i
end

-- quick ends the claim of an entry that was delivered, if what it holds is the
-- string that it ought to be. As nearly always it is, and then the entry is there.
local function quick(claim, holds, entry, id, ttl)
  local packed = type(holds) == 'string' and sent(holds, entry, id)
  if packed then
    redis.call('SET', claim, packed, 'PX', ttl)
    ended[#ended + 1] = entry
  end
  return packed
end

-- close ends a claim, held, that its entry has open.
local function close(q, held)
  local claim, fate, set = q.claim, q.fate, {}
  if fate == 'delete' then
    redis.call('DEL', claim)
    return
  elseif fate == 'done' then
    set = lasts(claim, held, q.part)
    redis.call('DEL', claim)
  end
  set[#set + 1], set[#set + 2], set[#set + 3], set[#set + 4] = 'state', fate, 'attempts', q.attempts
  for _, name in ipairs({'error', 'doubt', 'open', 'reply', 'final'}) do
    if q[name] and q[name] ~= '' then
      set[#set + 1], set[#set + 2] = name, q[name]
    end
  end
  if q.part ~= '' then
    set[#set + 1], set[#set + 2] = 'id:' .. q.part, q.id
  end
  redis.call('HSET', claim, unpack(set)) -- one call: each costs Redis more than what it does
  if fate == 'growing' then
    redis.call('HSET', claim, 'part', 0, 'parts', 0, 'takeovers', 0)
    redis.call('HDEL', claim, 'rest', 'plan')
    redis.pcall('ZADD', KEYS[6], now + tonumber(q.ttl), q.grows)
  else
    redis.call('PEXPIRE', claim, q.ttl)
  end
end

-- finish ends an entry of any kind. fresh: nobody had before; or an error.
local function finish(q)
  local entry, open, held = q.entry, false, nil
  if q.claim and q.fate ~= 'keep' then
    held = loose(q.claim, unpack(lasting))
    open = not held.err and held[1] == entry and (held[2] == 'claimed' or held[2] == 'sending')
  end
  local fresh = open or #redis.call('XRANGE', stream, entry, entry) > 0
    or #redis.pcall('XPENDING', stream, group, entry, entry, 1) > 0 -- trimmed since it was read
  if q.record and fresh then
    local written = redis.pcall('XADD', q.record, '*', unpack(q.fields))
    if written.err then
      return fresh, written.err .. ' (' .. q.record .. ')'
    end
    redis.call('XTRIM', q.record, 'MINID', '~', string.format('%.0f', oldest), 'LIMIT', 100)
  end
  ended[#ended + 1] = entry
  if open then
    close(q, held)
    if q.grows and q.grows ~= '' and q.fate ~= 'growing' then
      redis.pcall('ZREM', KEYS[6], q.grows)
    end
  end
  return fresh
end

local plain, odd = tonumber(ARGV[5]), false
local held = plain > 0 and redis.call('MGET', unpack(KEYS, 8, 7 + plain)) -- what is no string is none
for i = 1, plain do
  local claim, entry, id = KEYS[7 + i], ARGV[at], ARGV[at + 1] -- and what goes before the id
  at = at + 2
  if quick(claim, held[i], entry, id, ARGV[6]) then
    out[i] = 0
  else
    odd = true
    local attempts, part = string.match(id, '^(%d+) %d+ (.*)$')
    out[i] = finish({entry = entry, claim = claim, fate = 'done', ttl = ARGV[6], attempts = attempts, part = '0', id = part}) and 0 or -1
  end
end
if odd then
  local i = 0
  for receipt in string.gmatch(ARGV[7], '[^\n]+') do
    i = i + 1
    if out[i] == 0 then
      tell(i, receipt)
    end
  end
elseif plain > 0 then
  told[1] = ARGV[7]
  for i = 1, plain do
    tells[i] = i
  end
end

while at <= #ARGV do
  local q = {entry = take(), claim = KEYS[tonumber(take())], fate = take(), ttl = take()}
  q.attempts, q.part, q.id = take(), take(), take()
  local receipt, asString, more, untold, pushes = take(), take() == '1', take() == 'more', '', 0
  if more then
    q.doubt, q.open, q.error, q.reply = take(), take(), take(), take()
    q.grows, q.final, untold = take(), take(), take()
    q.record, q.fields = KEYS[tonumber(take())], {}
    for i = 1, tonumber(take()) do
      q.fields[i] = take()
    end
    pushes = tonumber(take())
    asString = asString and q.doubt .. q.open .. q.error .. q.reply .. q.grows == ''
  end
  local fresh, failure = true, nil
  if not (asString and q.claim and q.fate == 'done' and q.part == '0' and quick(q.claim, redis.pcall('GET', q.claim), q.entry, q.attempts .. ' ' .. #q.id .. ' ' .. q.id, q.ttl)) then
    fresh, failure = finish(q)
  end
  if failure then
    free()
    return redis.error_reply(failure)
  end
  local foreign = 0
  for _ = 1, pushes do
    local list, name, bytes, expires, cap = KEYS[tonumber(take())], take(), take(), take(), take()
    if fresh and list then
      foreign = foreign + push(list, bytes, expires, cap)
    elseif fresh and redis.pcall('XADD', KEYS[5], '*', 'list', name, 'data', bytes, 'ttl', expires, 'cap', cap).err then
      foreign = foreign + 1
    end
  end
  if fresh and untold == '' then
    tell(#out + 1, receipt)
  end
  out[#out + 1] = fresh and foreign or -1
end
free()
return out

#!lua flags=allow-oom
-- Finishes a batch of entries: acknowledged and deleted, claim ended, dead or
-- parked record written, receipt or reply pushed, in one step each. It may
-- write when Redis is full, and frees more than it writes.
-- KEYS  1 lease   2 stream   3 dead   4 parked   5 outbox   6 streams   7 delayed
--       8... claims and lists, as ARGV refers to them by number
-- ARGV  1 token   2 group   3 channel for receipts
--       4 ms that a record is kept
--       then for each entry:
--       entry id
--       claim: a number in KEYS, or 0
--       what becomes of the claim: 'keep', 'delete', or its last state
--       ms that an ended claim is remembered, and that a stream's may stand
--         without a snapshot
--       attempts, '' or the part whose id follows, that id,
--       the receipt as JSON, published with those of the others, one a line
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
-- returns for each entry the number of pushes that met a key that is no list,
--         and 65536 more if its receipt may not be published; or -1 if the entry
--         was finished already; or the error FENCED; or
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
local stream, group, at, out = KEYS[2], ARGV[2], 5, {}
redis.call('XLEN', stream) -- fails if its key holds something else
local delayed = redis.call('EXISTS', KEYS[7]) == 1
-- Of a claim: what tells whether the entry has it open, then what lasts of it.
local lasting = {'entry', 'state', 'parts', 'stream', 'digest', 'lane', 'doubt', 'seq', 'final'}

local function take()
  at = at + 1
  return ARGV[at - 1]
end

-- include packed

local ended, told, tells, mute = {}, {}, {}, 65536 -- entries to be freed; receipts, and whose; one that is not published

-- free lets go of the entries that have ended, and says so to whoever listens.
local function free()
  if #ended > 0 then
    redis.call('XACK', stream, group, unpack(ended))
    redis.call('XDEL', stream, unpack(ended))
    if delayed then
      redis.pcall('ZREM', KEYS[7], unpack(ended))
    end
  end
  if #told > 0 and type(redis.pcall('PUBLISH', ARGV[3], table.concat(told, '\n'))) == 'table' then
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

while at <= #ARGV do
  local entry, claim, fate, ttl = ARGV[at], KEYS[tonumber(ARGV[at + 1])], ARGV[at + 2], ARGV[at + 3]
  local attempts, part, id, receipt = ARGV[at + 4], ARGV[at + 5], ARGV[at + 6], ARGV[at + 7]
  local doubt, unsure, why, reply, grows, final, untold = '', '', '', '', '', '', ''
  local record, fields, pushes = nil, nil, 0
  local asString, more = ARGV[at + 8] == '1', ARGV[at + 9] == 'more'
  at = at + 10
  if more then
    fields = {}
    doubt, unsure, why, reply = take(), take(), take(), take()
    grows, final, untold = take(), take(), take()
    record = KEYS[tonumber(take())]
    for i = 1, tonumber(take()) do
      fields[i] = take()
    end
    pushes = tonumber(take())
  end

  local open, held, packed = false, nil, nil
  if claim and fate ~= 'keep' then
    packed = asString and part == '0' and doubt .. unsure .. why .. reply .. grows == '' and redis.pcall('GET', claim)
    packed = type(packed) == 'string' and sent(packed, entry, attempts, id)
    if packed then
      open = true
    else
      held = loose(claim, unpack(lasting))
      open = not held.err and held[1] == entry and (held[2] == 'claimed' or held[2] == 'sending')
    end
  end
  local fresh = open or #redis.call('XRANGE', stream, entry, entry) > 0
    or #redis.pcall('XPENDING', stream, group, entry, entry, 1) > 0 -- trimmed since it was read
  if record and fresh then
    local written = redis.pcall('XADD', record, '*', unpack(fields))
    if written.err then
      free()
      return redis.error_reply(written.err .. ' (' .. record .. ')')
    end
    redis.call('XTRIM', record, 'MINID', '~', string.format('%.0f', oldest), 'LIMIT', 100)
  end
  ended[#ended + 1] = entry
  if open then
    if fate == 'delete' then
      redis.call('DEL', claim)
    elseif packed and fate == 'done' then
      redis.call('SET', claim, packed, 'PX', ttl)
    else
      held = held or loose(claim, unpack(lasting))
      local set = {}
      if fate == 'done' then
        set = lasts(claim, held, part)
        redis.call('DEL', claim)
      end
      set[#set + 1], set[#set + 2], set[#set + 3], set[#set + 4] = 'state', fate, 'attempts', attempts
      if why ~= '' then
        set[#set + 1], set[#set + 2] = 'error', why
      end
      if doubt ~= '' then
        set[#set + 1], set[#set + 2] = 'doubt', doubt
      end
      if unsure ~= '' then
        set[#set + 1], set[#set + 2] = 'open', unsure
      end
      if reply ~= '' then
        set[#set + 1], set[#set + 2] = 'reply', reply
      end
      if part ~= '' then
        set[#set + 1], set[#set + 2] = 'id:' .. part, id
      end
      if final ~= '' then
        set[#set + 1], set[#set + 2] = 'final', final
      end
      redis.call('HSET', claim, unpack(set)) -- one call: each costs Redis more than what it does
      if fate == 'growing' then
        redis.call('HSET', claim, 'part', 0, 'parts', 0, 'takeovers', 0)
        redis.call('HDEL', claim, 'rest', 'plan')
        redis.pcall('ZADD', KEYS[6], now + tonumber(ttl), grows)
      else
        redis.call('PEXPIRE', claim, ttl)
      end
    end
    if grows ~= '' and fate ~= 'growing' then
      redis.pcall('ZREM', KEYS[6], grows)
    end
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
    told[#told + 1], tells[#tells + 1] = receipt, #out + 1
  end
  out[#out + 1] = fresh and foreign or -1
end
free()
return out

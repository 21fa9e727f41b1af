#!lua flags=allow-oom
-- Finishes a batch of entries: acknowledged and deleted, claim ended, dead or
-- parked record written, receipt or reply pushed, in one step each. It frees
-- before it writes, so that it works when Redis is full.
-- KEYS  1 lease   2 stream   3 dead   4 parked   5 outbox
--       6... claims and lists, as ARGV refers to them by number
-- ARGV  1 token   2 group   3 channel for receipts
--       4 the oldest record to keep, as a stream id
--       then for each entry:
--       entry id
--       claim: a number in KEYS, or 0
--       what becomes of the claim: 'keep', 'delete', or its last state
--       ms that an ended claim is remembered
--       attempts, '' or the part whose id follows, that id
--       the receipt as JSON, kept in the claim and published
--       record: 0, 3 (dead) or 4 (parked); how many fields; the fields
--       pushes: how many; for each: a number in KEYS, or 0 for the outbox;
--         the list's name; the bytes; ms until the list expires; its cap
-- returns for each entry the number of pushes that met a key that is no list,
--         or -1 if the entry was finished already; or the error FENCED; or, with
--         nothing changed, FOREIGN if a record's key holds something else
-- Sent twice, the second finds the entry gone and changes nothing.
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
for k = 3, 5 do
  local kind = redis.call('TYPE', KEYS[k])
  kind = kind.ok or kind
  if kind ~= 'none' and kind ~= 'stream' then
    return redis.error_reply('FOREIGN ' .. KEYS[k] .. ' is a ' .. kind .. ', not a stream: rename or delete it')
  end
end
local stream, group, at, out = KEYS[2], ARGV[2], 5, {}

local function take()
  at = at + 1
  return ARGV[at - 1]
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

while at <= #ARGV do
  local entry, claim, fate, ttl = take(), KEYS[tonumber(take())], take(), take()
  local attempts, part, id, receipt = take(), take(), take(), take()
  local record, fields = KEYS[tonumber(take())], {}
  for i = 1, tonumber(take()) do
    fields[i] = take()
  end

  local freed = redis.call('XACK', stream, group, entry) + redis.call('XDEL', stream, entry)
  local open = false
  if claim and fate ~= 'keep' then
    local held = redis.pcall('HMGET', claim, 'entry', 'state')
    open = not held.err and held[1] == entry and (held[2] == 'claimed' or held[2] == 'sending')
  end
  local fresh = freed > 0 or open
  if open then
    if fate == 'delete' then
      redis.call('DEL', claim)
    else
      redis.call('HSET', claim, 'state', fate, 'attempts', attempts, 'receipt', receipt)
      if part ~= '' then
        redis.call('HSET', claim, 'id:' .. part, id)
      end
      if fate == 'done' then
        redis.call('HDEL', claim, 'plan')
      end
      redis.call('PEXPIRE', claim, ttl)
    end
  end
  if fresh and record then
    redis.call('XADD', record, 'MINID', '~', ARGV[4], '*', unpack(fields))
  end

  local foreign = 0
  for _ = 1, tonumber(take()) do
    local list, name, bytes, expires, cap = KEYS[tonumber(take())], take(), take(), take(), take()
    if fresh and list then
      foreign = foreign + push(list, bytes, expires, cap)
    elseif fresh then
      redis.call('XADD', KEYS[5], '*', 'list', name, 'data', bytes, 'ttl', expires, 'cap', cap)
    end
  end
  if fresh then
    redis.call('PUBLISH', ARGV[3], receipt)
  end
  out[#out + 1] = fresh and foreign or -1
end
return out

-- A claim whose one part is on its way for the first time, and one of such a
-- message that is there, is a string: it takes a call where a hash takes three,
-- and each call costs Redis more than what it does. Who wants to change more of it
-- makes it the hash first.
--   s <started_at> <entry> <owner> <call> <digest> <lane>
--   d <entry> <attempts> <bytes of the id> <digest> <id><lane>

-- packs is the claim of an entry whose one part is about to be sent.
local function packs(now, entry, owner, call, digest, lane)
  return 's ' .. now .. ' ' .. entry .. ' ' .. owner .. ' ' .. call .. ' ' .. digest .. ' ' .. lane
end

-- sent is such a claim once that part is there; nil if it is another entry's, or
-- none of these.
local function sent(packed, entry, attempts, id)
  local of, digest, lane = string.match(packed, '^s %d+ (%S+) %S+ %S+ (%S*) (.*)$')
  if of ~= entry then
    return nil
  end
  return 'd ' .. entry .. ' ' .. attempts .. ' ' .. #id .. ' ' .. digest .. ' ' .. id .. lane
end

-- unpacked is the claim as fields and values in turn; nil if the string is none.
local function unpacked(packed)
  local now, entry, owner, call, digest, lane = string.match(packed, '^s (%d+) (%S+) (%S+) (%S+) (%S*) (.*)$')
  if now then
    return {'state', 'sending', 'entry', entry, 'owner', owner, 'call', call, 'digest', digest, 'lane', lane,
      'takeovers', '0', 'attempts', '1', 'step', '1', 'part', '0', 'parts', '1', 'started_at', now}
  end
  local of, attempts, bytes, form, rest = string.match(packed, '^d (%S+) (%d+) (%d+) (%S*) (.*)$')
  if of then
    bytes = tonumber(bytes)
    return {'state', 'done', 'entry', of, 'attempts', attempts, 'digest', form,
      'lane', string.sub(rest, bytes + 1), 'id:0', string.sub(rest, 1, bytes)}
  end
  return nil
end

-- fields are those of a claim, by name, and as they lie in the hash; nil if its
-- key holds neither that nor a string of ours. A claim that is not there has none.
local function fields(key)
  local all = redis.pcall('HGETALL', key)
  if all.err then
    local packed = redis.pcall('GET', key)
    all = type(packed) == 'string' and unpacked(packed)
    if not all then
      return nil
    end
  end
  local named = {}
  for i = 1, #all, 2 do
    named[all[i]] = all[i + 1]
  end
  return named, all
end

-- loosen makes a claim the hash; false if its key holds something else.
local function loosen(key)
  local packed = redis.pcall('GET', key)
  local all = type(packed) == 'string' and unpacked(packed)
  if not all then
    return false
  end
  local ttl = redis.call('PTTL', key)
  redis.call('DEL', key)
  redis.call('HSET', key, unpack(all))
  if ttl > 0 then
    redis.call('PEXPIRE', key, ttl)
  end
  return true
end

-- loose reads fields of a claim, which it makes the hash; err if its key holds
-- something else.
local function loose(key, ...)
  local held = redis.pcall('HMGET', key, ...)
  if held.err and loosen(key) then
    held = redis.call('HMGET', key, ...)
  end
  return held
end

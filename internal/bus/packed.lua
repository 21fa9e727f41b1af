-- A claim whose one part is on its way for the first time, and one of such a
-- message that is there, is a string: it takes a call where a hash takes three,
-- and each call costs Redis more than what it does. Who wants to change more of it
-- makes it the hash first.
--   s <started_at> <owner> <call> <entry> <digest> <lane>
--   d <attempts> <bytes of the id> <id> <entry> <digest> <lane>

-- sent is the first such claim as the second, with its attempts and its id as they
-- stand there; nil if it is another entry's, or none.
local function sent(packed, entry, id)
  local of = string.match(packed, '^s %d+ %S+ %S+ ()')
  if not of or string.find(packed, entry, of, true) ~= of or string.byte(packed, of + #entry) ~= 32 then
    return nil
  end
  return 'd ' .. id .. ' ' .. string.sub(packed, of)
end

-- unpacked is the claim as fields and values in turn; nil if the string is none.
local function unpacked(packed)
  local now, owner, call, entry, digest, lane = string.match(packed, '^s (%d+) (%S+) (%S+) (%S+) (%S*) ()')
  if now then
    return {'state', 'sending', 'entry', entry, 'owner', owner, 'call', call, 'digest', digest,
      'lane', string.sub(packed, lane), 'takeovers', '0', 'attempts', '1', 'step', '1',
      'part', '0', 'parts', '1', 'started_at', now}
  end
  local attempts, bytes, id = string.match(packed, '^d (%d+) (%d+) ()')
  local after = id and id + tonumber(bytes)
  if id then
    entry, digest, lane = string.match(string.sub(packed, after), '^ (%S+) (%S*) ()')
  end
  if entry then
    return {'state', 'done', 'entry', entry, 'attempts', attempts, 'digest', digest,
      'lane', string.sub(packed, after + lane - 1), 'id:0', string.sub(packed, id, after - 1)}
  end
  return nil
end

-- kind is what a key holds: Redis counts an error each time that it is asked for
-- something else, and people watch that.
local function kind(key)
  local what = redis.call('TYPE', key)
  return what.ok or what
end

-- fields are those of a claim, by name, and as they lie in the hash; nil if its
-- key holds neither that nor a string of ours. A claim that is not there has none.
local function fields(key)
  local what, all = kind(key), {}
  if what == 'hash' then
    all = redis.call('HGETALL', key)
  elseif what == 'string' then
    all = unpacked(redis.call('GET', key))
  elseif what ~= 'none' then
    all = nil
  end
  if not all then
    return nil
  end
  local named = {}
  for i = 1, #all, 2 do
    named[all[i]] = all[i + 1]
  end
  return named, all
end

-- loosen makes a claim the hash, if it is a string. It ends when it would have.
local function loosen(key)
  local all = kind(key) == 'string' and unpacked(redis.call('GET', key))
  if all then
    local ttl = redis.call('PTTL', key)
    redis.call('DEL', key)
    redis.call('HSET', key, unpack(all))
    if ttl ~= -1 then
      redis.call('PEXPIRE', key, math.max(ttl, 1)) -- 0 and less: it ends this very moment
    end
  end
end

-- loose reads fields of a claim, which it makes the hash; err if its key holds
-- something else.
local function loose(key, ...)
  loosen(key)
  return redis.pcall('HMGET', key, ...)
end

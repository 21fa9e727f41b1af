-- Gives a worker events whose conversation nobody is working on. The recipe of
-- Postern's one conversation at a time, 1 of 4: see docs/one-conversation.md.
-- The same file stands in each SDK; a test holds the copies together.
--
-- A conversation is an address: platform, channel and thread. Its unfinished
-- events stand in a line, in the stream's order, and only the first of them is
-- ever given away. Reading and joining the line are one step, so that no event
-- can overtake an earlier one that another worker has just read.
--
-- KEYS  1 the inbound stream I
--       2 line     sorted set, all scores 0: "<conversation> <id, padded>"
--       3 turn     sorted set: conversation -> ms when its first event may be
--                  taken: the end of the lease while a worker has it
--       4 holder   hash: conversation -> "<id> <token>" while a worker has it
--       5 attempt  hash: id -> how often the event has been given away
--       {I}:line:<group>, {I}:turn:<group> and so on: all in I's Cluster slot
-- ARGV  1 group   2 consumer
--       3 token, new for each call: it proves that an event is the caller's
--       4 how many events at most
--       5 lease in ms: how long they are the caller's, unless it keeps them
--       6 '' or where to look on for events that somebody read without this
--         script and left pending ('0-0': from the beginning)
--       7 for how many ms nobody may have touched such an event
--       8... the tokens of the calls since the last answer: what those gave away
--         is taken back first, and the attempts are not counted
-- returns {wait, last, more, cursor, made, gone, events}
--       wait    ms until the next turn that is known of, -1 = none
--       last    the stream's last id: a blocking XREAD after it is the bell
--       more    1 = the stream holds unread events: call again before waiting
--       cursor  what to pass as 6 the next time, '0-0' once all was looked at
--       made    1 = the group was missing and has been made anew, at 0
--       gone    events that were trimmed from the stream before their turn
--       events  for each: {id, conversation, attempt, the entry's fields}
-- Sent twice, the second gives away other events; pass the first one's token
-- as 8, and all such until a call is answered.
local stream, line, turn, holder, attempts = unpack(KEYS)
local group, consumer, token = ARGV[1], ARGV[2], ARGV[3]
local want, lease = tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)

-- Ids of one length sort as text as they do as numbers.
local function padded(id)
  local ms, seq = id:match('^(%d+)-(%d+)$')
  return string.rep('0', 20 - #ms) .. ms .. '-' .. string.rep('0', 20 - #seq) .. seq
end
local function unpadded(id)
  local ms, seq = id:match('^0*(%d+)-0*(%d+)$')
  return ms .. '-' .. seq
end

-- MessagePack, as far as it takes to find three strings in it. What is cut
-- short ends in an error, which the caller catches.
local fixed = { -- bytes behind the first
  [0xc0] = 0, [0xc2] = 0, [0xc3] = 0, [0xca] = 4, [0xcb] = 8,
  [0xcc] = 1, [0xcd] = 2, [0xce] = 4, [0xcf] = 8, [0xd0] = 1, [0xd1] = 2, [0xd2] = 4, [0xd3] = 8,
  [0xd4] = 2, [0xd5] = 3, [0xd6] = 5, [0xd7] = 9, [0xd8] = 17,
}
local sized = {[0xc4] = 1, [0xc5] = 2, [0xc6] = 4, [0xd9] = 1, [0xda] = 2, [0xdb] = 4}
local typed = {[0xc7] = 1, [0xc8] = 2, [0xc9] = 4}
local lists = {[0xdc] = 2, [0xdd] = 4}
local maps = {[0xde] = 2, [0xdf] = 4}

local function number(s, at, width)
  local n = 0
  for i = at, at + width - 1 do
    n = n * 256 + s:byte(i)
  end
  return n
end

-- value returns how many values stand inside the one at this place, what comes
-- after its head, and where its text begins if it is one.
local function value(s, at)
  local b = s:byte(at)
  if b < 0x80 or b >= 0xe0 then
    return 0, at + 1
  elseif b < 0x90 then
    return 2 * (b - 0x80), at + 1
  elseif b < 0xa0 then
    return b - 0x90, at + 1
  elseif b < 0xc0 then
    return 0, at + 1 + b - 0xa0, at + 1
  elseif fixed[b] then
    return 0, at + 1 + fixed[b]
  elseif sized[b] then
    local text = at + 1 + sized[b]
    return 0, text + number(s, at + 1, sized[b]), text
  elseif typed[b] then
    return 0, at + 2 + typed[b] + number(s, at + 1, typed[b])
  elseif lists[b] then
    return number(s, at + 1, lists[b]), at + 1 + lists[b]
  end
  return 2 * number(s, at + 1, maps[b]), at + 1 + maps[b]
end

local function skip(s, at)
  local left, inside = 1, nil
  repeat
    inside, at = value(s, at)
    left = left - 1 + inside
  until left == 0
  return at
end

-- member returns where the value of a map's field stands, or nil.
local function member(s, at, name)
  local b = s:byte(at)
  if not (b >= 0x80 and b < 0x90 or maps[b]) then
    return nil
  end
  local inside, key = value(s, at)
  for _ = 1, inside / 2 do
    local _, after, text = value(s, key)
    if text and s:sub(text, after - 1) == name then
      return after
    end
    key = skip(s, skip(s, key))
  end
end

local names = {'platform', 'channel_id', 'thread_id'}

-- place returns the address of an event, MessagePack or JSON. One without an
-- address of its own has the same fields at its top.
local function place(data)
  local top, found = data:find('[^ \t\r\n]'), {}
  if data:byte(top) < 0x80 then
    local event = cjson.decode(data)
    local address = type(event.address) == 'table' and event.address or event
    for i, name in ipairs(names) do
      found[i] = type(address[name]) == 'string' and address[name] or ''
    end
    return found
  end
  local address = member(data, top, 'address') or top
  for i, name in ipairs(names) do
    local at = member(data, address, name)
    local _, after, text = value(data, at or address)
    found[i] = at and text and data:sub(text, after - 1) or ''
  end
  return found
end

-- conversation names an event's conversation, so that a person can read it. An
-- event that has no address, or cannot be read, is one of its own.
local function conversation(id, fields)
  for i = 1, #fields, 2 do
    if fields[i] == 'data' then
      local ok, found = pcall(place, fields[i + 1])
      if ok and found[1] .. found[2] ~= '' then
        for n = 1, 3 do
          found[n] = found[n]:gsub('[^%w_.:@#!+~=-]', function(c)
            return string.format('%%%02X', c:byte())
          end)
        end
        return table.concat(found, '/')
      end
    end
  end
  return '?/' .. id
end

local function join(id, fields)
  local name = conversation(id, fields)
  redis.call('ZADD', line, 'NX', 0, name .. ' ' .. padded(id))
  redis.call('ZADD', turn, 'NX', now, name)
end

if #ARGV > 7 then
  local unanswered = {}
  for i = 8, #ARGV do
    unanswered[ARGV[i]] = true
  end
  local held = redis.call('HGETALL', holder)
  for i = 1, #held, 2 do
    local id, by = held[i + 1]:match('^(%S+) (.*)$')
    if unanswered[by] then
      redis.call('HDEL', holder, held[i])
      redis.call('HINCRBY', attempts, id, -1)
      redis.call('ZADD', turn, 'XX', now, held[i])
    end
  end
end

local made = 0
if redis.call('EXISTS', stream) == 0 or redis.pcall('XPENDING', stream, group).err then
  redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
  made = 1
end

local cursor = ARGV[6]
if cursor ~= '' then
  local page = redis.call('XAUTOCLAIM', stream, group, consumer, ARGV[7], cursor, 'COUNT', 100, 'JUSTID')
  cursor = page[1]
  for _, id in ipairs(page[2]) do
    local entry = redis.call('XRANGE', stream, id, id)[1]
    if entry then
      join(id, entry[2])
    end
  end
end

-- With this many turns waiting, what is unread may wait in the stream.
local more = 0
if want > 0 and redis.call('ZCOUNT', turn, '-inf', now) < math.max(want, 256) then
  local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', want, 'STREAMS', stream, '>')
  local entries = read and read[1] and read[1][2] or {}
  for _, entry in ipairs(entries) do
    join(entry[1], entry[2])
  end
  if #entries == want then
    more = 1
  end
end

-- give gives away the first event of a conversation, or ends the conversation
-- if it has none. One that is not pending any more has been finished or trimmed.
local events, gone = {}, 0
local function give(name)
  while true do
    local first = redis.call('ZRANGEBYLEX', line, '[' .. name .. ' ', '(' .. name .. '!', 'LIMIT', 0, 1)[1]
    if not first then
      redis.call('ZREM', turn, name)
      redis.call('HDEL', holder, name)
      return
    end
    local id = unpadded(first:sub(#name + 2))
    local entry = redis.call('XCLAIM', stream, group, consumer, 0, id)[1]
    if entry and entry[2] then
      redis.call('HSET', holder, name, id .. ' ' .. token)
      redis.call('ZADD', turn, now + lease, name)
      events[#events + 1] = {id, name, redis.call('HINCRBY', attempts, id, 1), entry[2]}
      return
    end
    if #redis.call('XRANGE', stream, id, id) == 0 then
      gone = gone + 1
    end
    redis.call('XACK', stream, group, id)
    redis.call('ZREM', line, first)
    redis.call('HDEL', attempts, id)
  end
end
if want > 0 then
  for _, name in ipairs(redis.call('ZRANGEBYSCORE', turn, '-inf', now, 'LIMIT', 0, want)) do
    give(name)
  end
end

local due = redis.call('ZRANGE', turn, 0, 0, 'WITHSCORES')[2]
local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
return {
  due and math.max(0, tonumber(due) - now) or -1,
  newest and newest[1] or '0-0', more, cursor, made, gone, events,
}

#!lua flags=allow-oom
-- Trims a stream exactly up to the oldest entry that any of its groups still
-- needs: one pending, or not delivered yet. What is older than the retention
-- goes even so. Without a group, only the retention counts.
-- KEYS  1 stream
-- ARGV  1 retention, ms, by Redis' clock
-- returns {entries gone, how many of them a group still needed}
-- Sent twice, the second finds nothing more to trim.
local stream, endless = KEYS[1], '18446744073709551615-18446744073709551615'
local first = redis.call('EXISTS', stream) == 1 and redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
if not first then
  return {0, 0}
end
first = first[1]

-- Numbers are compared as text: a sequence may exceed what a double holds.
local function less(a, b)
  if #a ~= #b then
    return #a < #b
  end
  return a < b
end
local function before(a, b)
  local ams, aseq = a:match('^(%d+)-?(%d*)$') -- "0" is an id, too
  local bms, bseq = b:match('^(%d+)-?(%d*)$')
  if ams ~= bms then
    return less(ams, bms)
  end
  return less(aseq, bseq)
end

-- An entry that is gone from the stream may still be pending; starting at the
-- first one that is there leaves such out.
local groups, delivered, needed = {}, nil, endless
for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = {}
  for i = 1, #info, 2 do
    group[info[i]] = info[i + 1]
  end
  groups[#groups + 1] = group.name
  local last = group['last-delivered-id']
  if not delivered or before(last, delivered) then
    delivered = last
  end
  local pending = redis.call('XPENDING', stream, group.name, first, '+', 1)[1]
  if pending and before(pending[1], needed) then
    needed = pending[1]
  end
end
local now = redis.call('TIME')
local cutoff = string.format('%.0f', now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1]) .. '-0'
if cutoff:sub(1, 1) == '-' then
  cutoff = '0-0'
end
if not delivered then
  return {redis.call('XTRIM', stream, 'MINID', cutoff), 0}
end
local fresh = redis.call('XRANGE', stream, '(' .. delivered, '+', 'COUNT', 1)[1]
if fresh and before(fresh[1], needed) then
  needed = fresh[1]
end

local gone = redis.call('XTRIM', stream, 'MINID', needed)
if not before(needed, cutoff) then
  return {gone, 0}
end

-- Too old, though needed: up to the last one that every group got, those
-- pending somewhere; after it, all. A page begins with the last id of the one
-- before it.
local lost, counted = 0, {}
for _, name in ipairs(groups) do
  local from, page = needed, nil
  repeat
    page = redis.call('XPENDING', stream, name, from, cutoff, 1000)
    for _, entry in ipairs(page) do
      from = entry[1]
      if before(from, cutoff) and not before(delivered, from) and not counted[from] then
        counted[from] = true
        lost = lost + 1
      end
    end
  until #page < 1000
end
if fresh and before(fresh[1], cutoff) then
  gone = gone + redis.call('XTRIM', stream, 'MINID', fresh[1])
  local unread = redis.call('XTRIM', stream, 'MINID', cutoff)
  return {gone + unread, lost + unread}
end
return {gone + redis.call('XTRIM', stream, 'MINID', cutoff), lost}

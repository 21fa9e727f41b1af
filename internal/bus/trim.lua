#!lua flags=allow-oom
-- Trims a stream exactly up to the oldest entry that any of its groups still
-- needs: one pending, or not delivered yet. What is older than the retention
-- goes even so. Without a group, only the retention counts.
-- KEYS  1 stream
-- ARGV  1 retention, ms, by Redis' clock
-- returns {entries gone, how many of them a group still needed}
-- Sent twice, the second finds nothing more to trim.
local stream, gone, lost = KEYS[1], 0, 0
if redis.call('EXISTS', stream) == 0 then
  return {0, 0}
end

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

local function first(from)
  local entry = redis.call('XRANGE', stream, from, '+', 'COUNT', 1)[1]
  return entry and entry[1]
end
local function trim(id)
  local n = redis.call('XTRIM', stream, 'MINID', id)
  gone = gone + n
  return n
end

-- Every group has been given what stands up to delivered.
local groups, delivered = {}, nil
for i, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
  local group = {}
  for f = 1, #info, 2 do
    group[info[f]] = info[f + 1]
  end
  groups[i] = group.name
  local last = group['last-delivered-id']
  if not delivered or before(last, delivered) then
    delivered = last
  end
end

local now = redis.call('TIME')
local cutoff = string.format('%.0f', math.max(0, now[1] * 1000 + math.floor(now[2] / 1000) - ARGV[1])) .. '-0'
if not delivered then
  trim(cutoff)
  return {gone, 0}
end

-- What is too old goes first, and is counted if needed: up to delivered, what
-- is pending somewhere; after it, all. An entry that somebody deleted may be
-- pending for ever; a search that starts at one that is there passes it by. A
-- page begins with the last id of the one before it.
local oldest = first('-')
if oldest and before(oldest, cutoff) then
  local counted = {}
  for _, name in ipairs(groups) do
    local from, page = oldest, nil
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
  local unread = first('(' .. delivered)
  if unread and before(unread, cutoff) then
    trim(unread)
    lost = lost + trim(cutoff)
  else
    trim(cutoff)
  end
  oldest = first('-')
end

-- Then what nobody needs.
if oldest then
  local needed = first('(' .. delivered) or '18446744073709551615-18446744073709551615'
  for _, name in ipairs(groups) do
    local pending = redis.call('XPENDING', stream, name, oldest, '+', 1)[1]
    if pending and before(pending[1], needed) then
      needed = pending[1]
    end
  end
  trim(needed)
end
return {gone, lost}

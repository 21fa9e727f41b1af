#!lua
-- Publishes a batch of inbound events, each once: dedupe, entry and cursor in
-- one step. Without the flag allow-oom: when Redis is full, nothing of it
-- happens, and no platform is told "received".
-- KEYS  1 inbound stream, then for each event:
--       seen, of this event; cursor; epoch
-- ARGV  1 workers' group, made if the stream is not there, then for each event:
--       epoch of the connection that it came by, '' = any may bring it
--       cursor, '' = leave it
--       ms that the event is remembered
--       how many fields and values; these; none = move the cursor only
-- returns for each event {1, entry id} published, {0, its entry id} published
--         before, {0, ''} nothing to publish; or, with nothing changed, {-1,
--         epoch} if a connection with a higher epoch has published
-- Sent twice, the second finds the events seen and sets the same cursors. So
-- it does if the script fails in the middle.
local stream, group, at, out = KEYS[1], ARGV[1], 2, {}
local there = redis.call('EXISTS', stream) == 1

local function publish(seen, cursor, current, epoch, moved, remember, first, last)
  if epoch ~= '' then
    local held = tonumber(redis.call('GET', current) or '')
    if held and tonumber(epoch) < held then
      return {-1, epoch}
    end
  end
  local published, id = 0, ''
  if last >= first then
    id = redis.call('GET', seen)
    if not id then
      if not there then
        redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
        there = true
      end
      published, id = 1, redis.call('XADD', stream, '*', unpack(ARGV, first, last))
      redis.call('SET', seen, id, 'PX', remember)
    end
  end
  if moved ~= '' then
    redis.call('SET', cursor, moved)
  end
  if epoch ~= '' then
    redis.call('SET', current, epoch)
  end
  return {published, id}
end

for k = 2, #KEYS, 3 do
  local first = at + 4
  local last = first + tonumber(ARGV[at + 3]) - 1
  out[#out + 1] = publish(KEYS[k], KEYS[k + 1], KEYS[k + 2], ARGV[at], ARGV[at + 1], ARGV[at + 2], first, last)
  at = last + 1
end
return out

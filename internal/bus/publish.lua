#!lua
-- Publishes one inbound event once: dedupe, entry and cursor in one step.
-- Without the flag allow-oom: when Redis is full, nothing of it happens, and
-- the platform is not told "received".
-- KEYS  1 inbound stream   2 seen, of this event   3 cursor   4 epoch
-- ARGV  1 epoch of the connection that the event came by, '' = any may bring it
--       2 cursor, '' = leave it
--       3 ms that the event is remembered
--       4 workers' group, made if the stream is not there
--       5... the entry's fields and values; none = move the cursor only
-- returns {1, entry id} published, {0, its entry id} published before,
--       {0, ''} nothing to publish; or, with nothing changed, the error STALE
--       if a connection with a higher epoch has published
-- Sent twice, the second finds the event seen and sets the same cursor.
local epoch = tonumber(ARGV[1])
if epoch then
  local last = tonumber(redis.call('GET', KEYS[4]) or '')
  if last and epoch < last then
    return redis.error_reply('STALE epoch ' .. ARGV[1] .. ' is over')
  end
end

local published, id = 0, ''
if #ARGV >= 5 then
  id = redis.call('GET', KEYS[2])
  if not id then
    if redis.call('EXISTS', KEYS[1]) == 0 then
      redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[4], '0', 'MKSTREAM')
    end
    published, id = 1, redis.call('XADD', KEYS[1], '*', unpack(ARGV, 5))
    redis.call('SET', KEYS[2], id, 'PX', ARGV[3])
  end
end
if ARGV[2] ~= '' then
  redis.call('SET', KEYS[3], ARGV[2])
end
if epoch then
  redis.call('SET', KEYS[4], ARGV[1])
end
return {published, id}

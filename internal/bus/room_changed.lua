#!lua flags=no-writes
-- Lists the records of a room that changed since, in the order of their
-- versions.
-- KEYS  1 head   2 records   3 versions
-- ARGV  1 version   2 how many at most   3 how many bytes, but for the first
--       record
-- returns {the room's version, id, record, id, record ...}
local room = tonumber(ARGV[3])
local answer = {redis.call('HGET', KEYS[1], 'version') or '0'}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])) do
  local held = redis.call('HGET', KEYS[2], id)
  room = room - #(held or '')
  if room < 0 and #answer > 1 then break end
  if held then
    answer[#answer + 1] = id
    answer[#answer + 1] = held
  end
end
return answer

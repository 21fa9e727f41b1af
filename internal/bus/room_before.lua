#!lua flags=no-writes
-- Lists the last records of a room that were made before a place, the latest
-- first.
-- KEYS  1 records   2 places
-- ARGV  1 place, '(' before it, or +inf   2 how many at most
--       3 how many bytes, but for the first record
-- returns {1 if there are more, id, record, id, record ...}
local limit, room = tonumber(ARGV[2]), tonumber(ARGV[3])
local answer = {0}
for i, id in ipairs(redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[1], '-inf', 'LIMIT', 0, limit + 1)) do
  local held = i <= limit and redis.call('HGET', KEYS[1], id)
  room = room - #(held or '')
  if i > limit or room < 0 and #answer > 1 then
    answer[1] = 1
    break
  end
  if held then
    answer[#answer + 1] = id
    answer[#answer + 1] = held
  end
end
return answer

#!lua flags=no-writes
-- Lists the last records of a room that were made before a place, the latest
-- first.
-- KEYS  1 records   2 places
-- ARGV  1 place, '(' before it, or +inf   2 how many at most
-- returns {id, record, id, record ...}
local answer = {}
local ids = redis.call('ZREVRANGEBYSCORE', KEYS[2], ARGV[1], '-inf', 'LIMIT', 0, ARGV[2])
if #ids > 0 then
  for i, held in ipairs(redis.call('HMGET', KEYS[1], unpack(ids))) do
    if held then
      answer[#answer + 1] = ids[i]
      answer[#answer + 1] = held
    end
  end
end
return answer

#!lua flags=no-writes
-- Lists the records of a room that changed since, in the order of their
-- versions.
-- KEYS  1 head   2 records   3 versions
-- ARGV  1 version   2 how many at most
-- returns {the room's version, id, record, id, record ...}
local answer = {redis.call('HGET', KEYS[1], 'version') or '0'}
local ids = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[1], '+inf', 'LIMIT', 0, ARGV[2])
if #ids > 0 then
  for i, held in ipairs(redis.call('HMGET', KEYS[2], unpack(ids))) do
    if held then
      answer[#answer + 1] = ids[i]
      answer[#answer + 1] = held
    end
  end
end
return answer

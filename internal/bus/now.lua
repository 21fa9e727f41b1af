#!lua flags=no-writes
-- The clock of the server that has the stream.
-- KEYS  1 lease
-- returns {the time, in ms}
local now = redis.call('TIME')
return {now[1] * 1000 + math.floor(now[2] / 1000)}

#!lua flags=allow-oom
-- Makes a consumer group, and the stream with it, unless it stands. It may do
-- so when Redis is full: without the group, nothing that is there drains.
-- KEYS  1 stream
-- ARGV  1 group
-- returns 1 if it was made, 0 if it stood; or Redis' own error
-- Sent twice, the second finds it.
local made = redis.pcall('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM')
if made.err and made.err:find('BUSYGROUP', 1, true) then
  return 0
end
return made.err and made or 1

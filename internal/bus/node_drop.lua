#!lua flags=allow-oom
-- Deletes a node's registry entry, unless a newer process has replaced it.
-- KEYS  1 node
-- ARGV  1 our incarnation
-- returns 1 if it was ours
local held = redis.call('GET', KEYS[1])
if held and string.find(held, '"incarnation":"' .. ARGV[1] .. '"', 1, true) then
  return redis.call('DEL', KEYS[1])
end
return 0

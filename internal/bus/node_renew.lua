#!lua flags=allow-oom
-- Keeps a node's registry entry alive, unless a newer process has replaced it.
-- KEYS  1 node
-- ARGV  1 our incarnation   2 the entry as JSON   3 ms it lasts
--       4 '1' at the start: replaces whoever is there
-- returns 1; 2 if there was no entry; 0 if another incarnation stands there now
local held = redis.call('GET', KEYS[1])
if held and ARGV[4] ~= '1' and not string.find(held, '"incarnation":"' .. ARGV[1] .. '"', 1, true) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return held and 1 or 2

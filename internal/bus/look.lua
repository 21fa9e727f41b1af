#!lua flags=no-writes
-- Reads claims, and takes none.
-- KEYS  claims
-- returns {field, value, ...} for each, {'state', 'foreign'} where its key holds
--         something else
-- include packed

local out = {}
for i, key in ipairs(KEYS) do
  local _, all = fields(key)
  out[i] = all or {'state', 'foreign'}
end
return out

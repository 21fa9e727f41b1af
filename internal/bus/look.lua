#!lua flags=no-writes
-- Reads claims, and takes none.
-- KEYS  claims
-- returns {field, value, ...} for each, {'state', 'foreign'} where its key holds
--         something else
-- include packed

local out = {}
for i, key in ipairs(KEYS) do
  local held, all = fields(key)
  out[i] = held and (held.state or #all == 0) and all or {'state', 'foreign'}
end
return out

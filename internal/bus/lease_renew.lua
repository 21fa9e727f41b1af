#!lua flags=allow-oom
-- Makes the lease last for another length from now.
-- KEYS  1 lease
-- ARGV  1 our token   2 length in ms
-- returns the renewals counted so far, or the error FENCED
if redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCED the lease is not ours')
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('HINCRBY', KEYS[1], 'renewals', 1)

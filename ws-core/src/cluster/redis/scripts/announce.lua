-- Counts a change of who is in a channel, and publishes it. Returns how often they have changed.
-- KEYS 1 version  2 topic
-- ARGV 1 PUBLISH or SPUBLISH  2 how long the version lives without a sign of life (ms)  3 frame
local version = redis.call('INCR', KEYS[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call(ARGV[1], KEYS[2], string.format('+%.0f ', version) .. ARGV[3])
return version

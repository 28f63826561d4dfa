-- Changes which members a node has in a channel, and publishes that. Returns how often the members have changed.
-- KEYS 1 members of the node  2 nodes of the channel  3 version  4 topic
-- ARGV 1 the node  2 PUBLISH or SPUBLISH  3 how long the keys live without a sign of life (ms)  4 frame
--      then for each member who joins its field and its value, and for each who leaves its field and an empty value
for i = 5, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
if redis.call('EXISTS', KEYS[1]) == 1 then
  redis.call('SADD', KEYS[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PEXPIRE', KEYS[2], ARGV[3])
else
  redis.call('SREM', KEYS[2], ARGV[1])
end
local version = redis.call('INCR', KEYS[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
redis.call(ARGV[2], KEYS[4], string.format('+%.0f ', version) .. ARGV[4])
return version

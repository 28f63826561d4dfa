-- Keeps an order to disconnect single users, for nodes that do not hear it. Another attempt of the same changes nothing.
-- KEYS 1 the number of the last order  2 the orders
-- ARGV 1 the mark of its publication  2 frame  3 how many are kept  4 for how long (ms)
local kept = false
for _, entry in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', '32')) do
  kept = kept or string.match(entry[1], '-(.+)') == ARGV[1]
end
if not kept then
  if redis.call('EXISTS', KEYS[1]) == 0 then
    -- Above every older one, of which a node may know.
    local time = redis.call('TIME')
    redis.call('SET', KEYS[1], string.format('%d', time[1] * 1000000 + time[2]))
    redis.call('DEL', KEYS[2])
  end
  local id = string.format('%d-%s', redis.call('INCR', KEYS[1]), ARGV[1])
  redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[3], id, 'd', ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[4])

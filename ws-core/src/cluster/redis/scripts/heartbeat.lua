-- Renews a node's lease. Returns whether it was held, the nodes whose leases are held and for how many ms, and nodes whose
-- leases have ended.
-- KEYS 1 leases  ARGV 1 the node  2 lease (ms)  3 whether the name is new: a lease that has ended is not taken up again
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
local held = 0
if ends and tonumber(ends) >= now then held = 1 end
if held == 1 or ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
end
local alive = redis.call('ZRANGEBYSCORE', KEYS[1], string.format('%.0f', now), '+inf', 'WITHSCORES')
for i = 2, #alive, 2 do alive[i] = tonumber(alive[i]) - now end
local ended = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now), 'LIMIT', 0, 16)
return {held, alive, ended}

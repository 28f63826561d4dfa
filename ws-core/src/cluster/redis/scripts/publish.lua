-- Appends a frame to a channel's log and publishes it. Returns its position, and how many nodes listened (-1: it was there).
-- KEYS 1 seq  2 log  3 topic  4 what the node has appended last: its number, and its position
-- ARGV 1 nonce  2 count  3 frame  4 how many messages are kept  5 for how long (ms), or 0 where that need not be said again
--      6 PUBLISH or SPUBLISH  7 the seq above which an earlier attempt of the same may be, or 0 for a first attempt
--      8 the seq above which the log goes on, where it has lost an earlier attempt, or 0
--      9 the number of the frame among those that the node appends, which rises, or 0
local function renew(life)
  redis.call('PEXPIRE', KEYS[2], life)
  -- The number outlives the log, so that positions of a log that has expired stay below the next one.
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life + 86400000))
end
-- Frames of a node are appended in the order of their numbers: what is not above the last one is an attempt that comes late,
-- or once more. Unlike an entry, this is not trimmed.
local function remember(number, id)
  redis.call('SET', KEYS[4], number .. ' ' .. id, 'EX', 86400)
end
local last = ARGV[9] ~= '0' and redis.call('GET', KEYS[4])
if last then
  local number, id = string.match(last, '^(%d+) (.+)$')
  if tonumber(number) >= tonumber(ARGV[9]) then
    if ARGV[5] ~= '0' then renew(ARGV[5]) end
    -- What waits for replicas behind this waits for a write.
    remember(number, id)
    return {id, -1}
  end
elseif ARGV[7] ~= '0' then
  local upper = '+'
  for _ = 1, 32 do
    local entries = redis.call('XREVRANGE', KEYS[2], upper, ARGV[7], 'COUNT', 32)
    for i = 1, #entries do
      local id = entries[i][1]
      if string.sub(id, string.find(id, '-', 1, true) + 1) == ARGV[1] then
        -- What waits for replicas behind this waits for a write, and so for the entry.
        renew(ARGV[5])
        return {id, -1}
      end
      upper = '(' .. id
    end
    if #entries < 32 then break end
  end
end
local seq = redis.call('INCRBY', KEYS[1], ARGV[2])
local new = seq == tonumber(ARGV[2])
if new then
  -- A new log starts above every older one of its name.
  local time = redis.call('TIME')
  seq = time[1] * 1000000 + time[2]
  redis.call('SET', KEYS[1], string.format('%.0f', seq))
  redis.call('DEL', KEYS[2])
elseif seq - ARGV[2] < tonumber(ARGV[8]) then
  -- The log went back behind the earlier attempt. No position is that of both, or who has seen the one would be taken to
  -- have seen what came before the other.
  seq = redis.call('INCRBY', KEYS[1], string.format('%.0f', ARGV[8] + ARGV[2] - seq))
end
-- Never `seq .. ''`: Lua writes numbers with 14 digits, and these have 16.
local id = string.format('%.0f-%s', seq, ARGV[1])
redis.call('XADD', KEYS[2], 'MINID', '~', string.format('%.0f', math.max(seq - ARGV[4], 0)), id, 'd', ARGV[3])
if ARGV[9] ~= '0' then remember(ARGV[9], id) end
local nodes
if #ARGV[3] < 2048 then
  nodes = redis.call(ARGV[6], KEYS[3], id .. ' ' .. ARGV[3])
else
  -- Joining a long frame to its position costs more than publishing twice.
  redis.call(ARGV[6], KEYS[3], id)
  nodes = redis.call(ARGV[6], KEYS[3], ARGV[3])
end
if new or ARGV[5] ~= '0' then
  local life = ARGV[5]
  if life == '0' then life = '86400000' end
  renew(life)
end
return {id, nodes}

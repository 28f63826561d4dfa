-- Appends a frame to a channel's log and publishes it. Returns its position, and how many nodes listened (-1: it was there).
-- KEYS 1 seq  2 log  3 topic  4 what the node has appended last: its number, and its position
-- ARGV 1 mark  2 count  3 frame  4 how many messages are kept  5 for how long (ms), or 0 where that need not be said again
--      6 PUBLISH or SPUBLISH  7 the seq above which an earlier attempt of the same may be, or 0 for a first attempt
--      8 the seq above which the log goes on, where it has lost an earlier attempt, or 0
--      9 the number of the frame among those that the node appends, which rises, or 0
--     10 the number of the last one that was acknowledged to the node, or 0: what goes back behind that takes nothing more
-- It is run for every message: each call counts, each function that is made, and each number that becomes a text.
local count, frame, life, number = tonumber(ARGV[2]), ARGV[3], ARGV[5], tonumber(ARGV[9])
local function renew(life)
  redis.call('PEXPIRE', KEYS[2], life)
  -- The number outlives the log, so that positions of a log that has expired stay below the next one.
  redis.call('PEXPIRE', KEYS[1], string.format('%d', life + 86400000))
end

local seq = redis.call('INCRBY', KEYS[1], ARGV[2])
local taken = count
local new = seq == count
if new then
  -- A new log starts above every older one of its name.
  local time = redis.call('TIME')
  seq = time[1] * 1000000 + time[2]
elseif ARGV[8] ~= '0' and seq - count < tonumber(ARGV[8]) then
  -- The log went back behind the earlier attempt. No position is that of both, or who has seen the one would be taken to
  -- have seen what came before the other.
  local skipped = ARGV[8] + count - seq
  seq = redis.call('INCRBY', KEYS[1], string.format('%d', skipped))
  taken = count + skipped
end
-- Never `seq .. ''`: Lua writes numbers with 14 digits, and these have 16.
local id = string.format('%d-%s', seq, ARGV[1])

-- What the node has appended last is noted, and what that was before is returned. Unlike an entry, it is not trimmed.
local last, earlier
local function put_back()
  if new then
    redis.call('DEL', KEYS[1])
  else
    redis.call('INCRBY', KEYS[1], string.format('%d', -taken))
  end
  -- The next attempt is not to be taken for one that comes late. What waits for replicas behind this waits for this write, and
  -- so for an entry that was there.
  if type(last) == 'string' then
    redis.call('SET', KEYS[4], last, 'EX', '86400')
  elseif last == false then
    redis.call('DEL', KEYS[4])
  end
end

if number > 0 then
  last = redis.pcall('SET', KEYS[4], ARGV[9] .. ' ' .. id, 'EX', '86400', 'GET')
  if type(last) == 'table' then
    put_back()
    return last
  end
end
local before = last and tonumber(string.match(last, '^%d+')) or 0
if before < tonumber(ARGV[10]) then
  put_back()
  return redis.error_reply('LOST the log does not have what it has acknowledged')
end
if last then
  -- Frames of a node are appended in the order of their numbers: what is not above the last one is an attempt that comes
  -- late, or once more.
  if before >= number then earlier = string.match(last, ' (.+)') end
elseif ARGV[7] ~= '0' then
  local upper = '+'
  for _ = 1, 32 do
    local entries = redis.call('XREVRANGE', KEYS[2], upper, ARGV[7], 'COUNT', '32')
    for i = 1, #entries do
      upper = entries[i][1]
      if string.match(upper, '-(.+)') == ARGV[1] then earlier = upper end
    end
    if earlier or #entries < 32 then break end
    upper = '(' .. upper
  end
  if earlier and number > 0 then last = ARGV[9] .. ' ' .. earlier end
end
if earlier then
  put_back()
  if life ~= '0' then renew(life) end
  return {earlier, -1}
end

if new then
  redis.call('SET', KEYS[1], string.format('%d', seq))
  redis.call('DEL', KEYS[2])
end
local added
if #frame >= 2048 or seq % 64 < count then
  local oldest = string.format('%d', math.max(seq - ARGV[4], 0))
  added = redis.pcall('XADD', KEYS[2], 'MINID', '~', oldest, id, 'd', frame)
else
  -- Small frames share blocks of the log, of which only a whole one is ever taken away.
  added = redis.pcall('XADD', KEYS[2], id, 'd', frame)
end
if type(added) == 'table' then
  put_back()
  return added
end
local nodes
if #frame < 2048 then
  nodes = redis.call(ARGV[6], KEYS[3], id .. ' ' .. frame)
else
  -- Joining a long frame to its position costs more than publishing twice.
  redis.call(ARGV[6], KEYS[3], id)
  nodes = redis.call(ARGV[6], KEYS[3], frame)
end
if new then
  renew(life == '0' and '86400000' or life)
elseif life ~= '0' then
  renew(life)
end
return {id, nodes}

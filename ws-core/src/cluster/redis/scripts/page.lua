-- Reads a page of a channel's log, which is bounded in bytes: whoever waits for it, and for what is asked behind it on the same
-- connection, does so for a bounded time. Returns 1 where there may be more behind it, or else 0; and its entries.
-- Where the first one is not the one that is asked for, it is returned alone, and of its frame only for how many messages it
-- stands: anybody may ask for what never was.
-- KEYS 1 log
-- ARGV 1 the number from which on it is read  2 the most entries, and  3 the most bytes, unless two entries have more: that of
--      a position, and one that follows  4 the mark of the first one, or '' where any will do
local from, most, room = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local page, bytes, count = {}, 0, 2
while true do
  local entries = redis.pcall('XRANGE', KEYS[1], from, '+', 'COUNT', count)
  if entries.err then return entries end
  local first = entries[1]
  if #page == 0 and first and ARGV[4] ~= '' and string.match(first[1], '-(%d+)$') ~= ARGV[4] then
    -- The head of a frame of no version.
    local head = '\0' .. string.sub(first[2][2], 2, 4)
    return {0, {{first[1], {first[2][1], head}}}}
  end
  for i = 1, #entries do
    local entry = entries[i]
    bytes = bytes + #entry[2][2]
    if bytes > room and #page >= 2 then return {1, page} end
    page[#page + 1] = entry
  end
  if #entries < count then return {0, page} end
  if #page >= most or bytes >= room then return {1, page} end
  from = '(' .. page[#page][1]
  -- About as many as there is room for, if they are like those before them: what is read and left out costs memory and time.
  local like = math.ceil((room - bytes) / (bytes / #page + 1))
  count = math.min(like, most - #page, 32)
end

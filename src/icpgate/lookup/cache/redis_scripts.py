"""
What runs inside Redis or Valkey, because it must see and change a key in one go.

- They are sent whole each time: a server that restarted, or forgot its scripts, runs them all the same.
- A value of ours begins with `i1`, the moment of its observation in 20 digits, and a line end; so its
  age is compared without reading the rest. Whatever begins otherwise is not ours, and is replaced.
- A key of another type is as good as none.
"""

from __future__ import annotations

from typing import Final

__all__ = ["DROP", "LOCK", "PUT", "TAKE", "UNLOCK"]

PUT: Final = """
local there = redis.pcall('GETRANGE', KEYS[1], 0, 22)
if type(there) == 'string' and #there == 23 and string.find(there, '^i1%d+\\n$') then
  local observed = string.sub(there, 3, 22)
  if observed > ARGV[2] and observed <= ARGV[3] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[4])
return 1
"""
"""
Keys: the entry's. Arguments: its value; its moment; the latest moment that can be believed of
another, beyond which it fences nothing; milliseconds to keep it.
"""

LOCK: Final = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
local left = redis.call('PTTL', KEYS[1])
if left >= 0 and left <= ARGV[2] + 3600000 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
"""
Keys: the lock's. Arguments: the token, and milliseconds to keep it. Every lock of ours ends: what stands there
without an end, or for more than an hour beyond this one, is none, and would keep everybody waiting for ever.
"""

UNLOCK: Final = """
if redis.pcall('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
"""Keys: the lock's. Arguments: the token."""

DROP: Final = """
local number, entity, before, prefix = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local every = number == '' and entity == '' and before == ''
local dropped = 0
for _, key in ipairs(KEYS) do
  local name = string.sub(key, prefix + 1)
  local there = redis.pcall('GETRANGE', key, 0, 23 + #name + 256)
  local agrees = every
  if not every and type(there) == 'string' and string.sub(there, 24, 24 + #name) == name .. '\\n' then
    local observed = string.match(there, '^i1(%d+)\\n')
    local of_number, of_entity = string.match(there, '^([^\\n]*)\\n([^\\n]*)\\n', 25 + #name)
    agrees = observed and of_number and (number == '' or number == of_number)
      and (entity == '' or entity == of_entity) and (before == '' or observed < before)
  end
  if agrees then dropped = dropped + redis.call('DEL', key) end
end
return dropped
"""
"""Keys: entries. Arguments: number, entity, moment, each empty for any; how long the prefix of the keys is."""

TAKE: Final = """
local function kept(key)
  local value = redis.pcall('GET', key)
  return type(value) == 'string' and tonumber(value) or 0
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst, longest = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local per_day, used, wait = tonumber(ARGV[4]), 0, 0
if per_day > 0 then
  used = kept(KEYS[2])
  if not (used >= 0 and used <= per_day) then used = used > per_day and per_day or 0 end
  if used >= per_day then return {-1, 0} end
end
local due = now
if interval > 0 then
  due = kept(KEYS[1])
  if not (due >= now and due <= now + burst * interval + 3600000000) then due = now end
  due = due + interval
  wait = math.max(0, due - burst * interval - now)
end
local left = per_day > 0 and per_day - used or -1
if wait > longest then return {wait, left} end
if interval > 0 then
  redis.call('SET', KEYS[1], string.format('%.0f', due), 'PX', string.format('%.0f', (due - now) / 1000 + 1))
end
if per_day > 0 then
  redis.call('SET', KEYS[2], string.format('%.0f', used + 1), 'PX', ARGV[5])
  left = left - 1
end
return {wait, left}
"""
"""
The generic cell rate algorithm by the server's clock, and a count of the day.

Keys: the rate's, the day's. Arguments, times in microseconds: interval, burst, longest wait, count
of a day, and milliseconds to keep the count. A rate that is due more than an hour beyond its
burst was made by a clock that has been set back since, and begins anew.
"""

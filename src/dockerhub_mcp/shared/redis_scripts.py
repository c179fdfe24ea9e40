"""Scripts that the store runs, each on one key (`KEYS[1]`), for commands that it does not have.

They are sent as text with each call: a restarted store has forgotten the scripts it was given earlier.
"""

from __future__ import annotations

READ = """
return {redis.call('GET', KEYS[1]), redis.call('PTTL', KEYS[1])}
"""
"""Returns the value and the milliseconds until it expires."""

EXTEND = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
"""Takes the value and milliseconds."""

DELETE_VALUE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""
"""Takes the value."""

APPEND = """
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""
"""Takes the value and milliseconds."""

# The value is lost with the rest of the data. The id of the run changes when the store restarts, possibly
# with earlier data, and when a replica of the store takes over.
READ_GENERATION = """
redis.call('SET', KEYS[1], ARGV[1], 'NX')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return redis.call('GET', KEYS[1]) .. '-' .. (run or '')
"""
"""Takes a random value and milliseconds; returns what identifies the content of the store."""

# The clock is the store's, in microseconds, so that those of the replicas need not agree. Members are sorted
# by the time at which they were added.
MEASURE_WINDOW = """
local limit, duration = tonumber(ARGV[1]), tonumber(ARGV[2])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local start = string.format('(%.0f', now - duration)
local excess = redis.call('ZCOUNT', KEYS[1], start, '+inf') - limit
if excess >= 0 then
  local counted = redis.call('ZRANGEBYSCORE', KEYS[1], start, '+inf', 'WITHSCORES', 'LIMIT', excess, 1)
  return counted[2] + duration - now
end
"""
"""Takes the limit and the duration in microseconds; returns the microseconds to wait, nil for none."""

ADD_TO_WINDOW = (
    MEASURE_WINDOW
    + """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - duration))
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[3])
redis.call('PEXPIRE', KEYS[1], math.ceil(duration / 1000))
"""
)
"""Takes the member as well; returns the microseconds to wait, nil if it was added."""

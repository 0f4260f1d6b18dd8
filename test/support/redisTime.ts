import type { RedisServer } from './redisServer.ts';

/**
 * Lets time pass for a cluster by moving all that it has stored of time into the past: ends of leases
 * and tombstones, claims, deaths, beats. ARGV: the prefix, and how many milliseconds.
 */
const PASS = `
local ms = tonumber(ARGV[2])
local function earlier(key, field)
  local time = redis.call('HGET', key, field)
  if time then redis.call('HSET', key, field, string.format('%.0f', time - ms)) end
end
for _, key in ipairs(redis.call('KEYS', ARGV[1]..'*')) do
  local left, kind = redis.call('PTTL', key), redis.call('TYPE', key).ok
  if left > ms then redis.call('PEXPIRE', key, left - ms)
  elseif left >= 0 then redis.call('DEL', key)
  elseif key == ARGV[1]..'nodes' then
    local beats = redis.call('HGETALL', key)
    for i = 1, #beats, 2 do
      local at, lease = string.match(beats[i + 1], '^(%d+) (%d+)$')
      redis.call('HSET', key, beats[i], string.format('%.0f %s', at - ms, lease))
    end
  elseif kind == 'hash' then
    for _, field in ipairs({'c', 'q', 'at'}) do earlier(key, field) end
  end
end
return 1`;

export async function pass(server: RedisServer, prefix: string, ms: number): Promise<void> {
  await server.command('EVAL', PASS, 0, prefix, Math.ceil(ms));
}

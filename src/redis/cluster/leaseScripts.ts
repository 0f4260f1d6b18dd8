import { script } from '../scripts.ts';

/**
 * What nodes of a cluster do with their leases in one step. Each script is given the hash `store` as
 * its key, and the prefix of the cluster as ARGV 1:
 *
 * - `store`: `versions` of the layout, `run` the server that was seen last, `at` since when
 * - `n:<incarnation>`: a lease, with what the node says of itself; its expiry is the end of the lease
 * - `nodes`: a hash, for each incarnation when it was heard last and how long its lease was
 */

/** Which server it is, and its time in milliseconds. */
export const SERVER = `
local function server()
  local info = redis.pcall('INFO', 'server')
  -- A table is an error: the user of Redis may not ask.
  return type(info) == 'string' and string.match(info, 'run_id:(%w+)') or ''
end
local function time()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end
`;

/** How long the lease of a node lasts; 0: it is over. */
export const LEFT = `
local function left(node)
  return math.max(redis.call('PTTL', P..'n:'..node), 0)
end
`;

/** How long it is known when a node died, for its sessions. */
const REMEMBERED_MS = 24 * 60 * 60_000;

/**
 * Begins a lease or renews one. ARGV 2: the incarnation, 3: how long, 4: what the node says of itself,
 * 5: the layout, 6: 1 where a lease may begin.
 *
 * Answers whether the lease is kept, the time, the server, and since when.
 */
export const BEAT = script(`#!lua flags=allow-oom
local store, P, me = KEYS[1], ARGV[1], ARGV[2]${SERVER}${LEFT}
local d = redis.call('HMGET', store, 'versions', 'run', 'at')
if d[1] and d[1] ~= ARGV[5] then return {'other layout'} end
local name, now, at = server(), time(), d[3]
if d[2] ~= name then
  at = now
  redis.call('HSET', store, 'versions', ARGV[5], 'run', name, 'at', string.format('%.0f', now))
end
local mayBegin = ARGV[6] == '1'
if left(me) == 0 and not mayBegin then return {'over', now, name, tonumber(at)} end
redis.call('SET', P..'n:'..me, ARGV[4], 'PX', ARGV[3])
if mayBegin then
  local nodes = redis.call('HGETALL', P..'nodes')
  for i = 1, #nodes, 2 do
    local heard = tonumber(string.match(nodes[i + 1], '^%d+'))
    if now - heard > ${REMEMBERED_MS} then redis.call('HDEL', P..'nodes', nodes[i]) end
  end
end
redis.call('HSET', P..'nodes', me, string.format('%.0f %s', now, ARGV[3]))
return {'kept', now, name, tonumber(at)}`);

/** ARGV 2: the incarnation. */
export const LEAVE = script(`#!lua flags=allow-oom
redis.call('DEL', ARGV[1]..'n:'..ARGV[2])
redis.call('HDEL', ARGV[1]..'nodes', ARGV[2])
return 1`);

/** Answers each node with a lease, and what it says of itself. */
export const MEMBERS = script(`#!lua flags=no-writes
local P = ARGV[1]${LEFT}
local members = {}
for _, node in ipairs(redis.call('HKEYS', P..'nodes')) do
  if left(node) > 0 then
    members[#members + 1] = node
    members[#members + 1] = redis.call('GET', P..'n:'..node)
  end
end
return members`);

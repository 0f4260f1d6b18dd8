import { createHash } from 'node:crypto';

/**
 * What is done in Redis in one step. Each script is given one key, the hash `store`, and finds the
 * others below the prefix: all of them are in one slot of a Redis Cluster.
 *
 * The hash `store`: `o` the process that has the store, `t` its token, `w` the number of its last
 * write, `g` how often the store has forgotten something, `k` the key that seals, `versions`, `time`.
 */
export interface Script {
  readonly source: string;
  /** By which Redis knows the script. */
  readonly sha: string;
}

export function script(source: string): Script {
  return { source, sha: createHash('sha1').update(source).digest('hex') };
}

/**
 * ARGV 1 to 3: who asks, with which token, and the number of the last write that was acknowledged.
 * Numbers of a process that a failover has forgotten are 0.
 */
const GUARD = `
local store, me, token, acked = KEYS[1], ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local had = redis.call('HMGET', store, 'o', 't', 'w', 'g')
local held, wrote, lost = tonumber(had[2] or 0), had[3] or '0', had[4] or '0'
if held > token or (held == token and had[1] ~= me) then return {'lost'} end
if held < token then return {'behind', '0'} end
if tonumber(wrote) < acked then return {'behind', wrote} end
`;

const CHANGES = `
local function forget(P, h)
  local key = P..'{'..h..'}'
  local p = redis.call('HGET', key, 'p')
  redis.call('DEL', key, key..'s', key..'r')
  redis.call('ZREM', P..'due', h)
  if p and p ~= '' then redis.call('ZREM', P..'own:'..p, h) end
end
local function keepAside(list, most, h, bytes)
  redis.call('LPUSH', list, h..' '..bytes)
  redis.call('LTRIM', list, 0, tonumber(most) - 1)
end
local function put(P, h, x, p, bytes)
  local key = P..'{'..h..'}'
  local was = redis.call('HMGET', key, 'x', 'p')
  redis.call('SET', key..'s', bytes)
  if was[1] == x and was[2] == p then return end
  redis.call('HSET', key, 'x', x, 'p', p)
  redis.call('ZADD', P..'due', x, h)
  if was[2] and was[2] ~= '' and was[2] ~= p then redis.call('ZREM', P..'own:'..was[2], h) end
  if p ~= '' then redis.call('ZADD', P..'own:'..p, x, h) end
end
local function row(P, h, n, bytes)
  local key = P..'{'..h..'}'
  local d = redis.call('HMGET', key, 'x', 'g')
  if not d[1] then return end
  if (d[2] or '0') ~= lost then
    redis.call('DEL', key..'r')
    redis.call('HSET', key, 'g', lost)
  end
  redis.call('HSET', key..'r', n, bytes)
end
`;

/** ARGV 4: the number of this write, then its changes, in order. The write is made once. */
const WRITING = `
local number, i = tonumber(ARGV[4]), 5
if tonumber(wrote) >= number then return {'held'} end
while i <= #ARGV do
  local what, P, h = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local key = P..'{'..h..'}'
  if what == 'put' then
    put(P, h, ARGV[i + 3], ARGV[i + 4], ARGV[i + 5]); i = i + 6
  elseif what == 'row' then
    row(P, h, ARGV[i + 3], ARGV[i + 4]); i = i + 5
  elseif what == 'erase' then
    redis.call('HDEL', key..'r', ARGV[i + 3]); i = i + 4
  elseif what == 'remove' then
    forget(P, h); i = i + 3
  elseif what == 'time' then
    redis.call('HSET', store, 'time', ARGV[i + 3]); i = i + 4
  elseif what == 'damaged' then
    if redis.call('GET', key..'s') == ARGV[i + 5] then
      keepAside(ARGV[i + 3], ARGV[i + 4], h, ARGV[i + 5])
      forget(P, h)
    end
    i = i + 6
  elseif what == 'torn' then
    if redis.call('HGET', key..'r', ARGV[i + 5]) == ARGV[i + 6] then
      keepAside(ARGV[i + 3], ARGV[i + 4], h, ARGV[i + 6])
      redis.call('DEL', key..'r')
    end
    i = i + 7
  else
    if redis.call('EXISTS', key..'s') == 0 then
      forget(P, h)
      redis.call('ZREM', ARGV[i + 3], h)
    end
    i = i + 4
  end
end
redis.call('HSET', store, 'w', ARGV[4])
return {'held'}`;

/** Writes. Redis refuses it before it begins where there is no memory left. */
export const WRITE = script(`#!lua${GUARD}${CHANGES}${WRITING}`);

/** The same, for changes that take no room: they are made in a full Redis too. */
export const FREE = script(`#!lua flags=allow-oom${GUARD}${CHANGES}${WRITING}`);

/** The record of a session; `gone` where lists have the session and nothing else is left of it. */
export const GET = script(`#!lua flags=no-writes${GUARD}
local P, h = ARGV[4], ARGV[5]
local bytes = redis.call('GET', P..'{'..h..'}s')
if not bytes and redis.call('ZSCORE', P..'due', h) then return {'held', 'gone'} end
return {'held', bytes and 'here' or 'none', bytes}`);

export const ROWS = script(`#!lua flags=no-writes${GUARD}
return {'held', redis.call('HGETALL', ARGV[4]..'{'..ARGV[5]..'}r')}`);

export const COUNT = script(`#!lua flags=no-writes${GUARD}
return {'held', redis.call('ZCARD', ARGV[4])}`);

export const TIME = script(`#!lua flags=no-writes${GUARD}
return {'held', redis.call('HGET', store, 'time')}`);

/** Finds where a list goes on behind a score and a name, which may be gone from it. */
export const PLACE = `
-- By bytes, as Redis orders names: Lua would compare as the locale does.
local function isBehind(a, b)
  for i = 1, #a do
    local x, y = string.byte(a, i), string.byte(b, i)
    if x ~= y then return x > y end
  end
  return false
end
local function placeBehind(list, score, name)
  if score == '' then return 0 end
  local from = redis.call('ZCOUNT', list, '-inf', '('..score)
  local to = from + redis.call('ZCOUNT', list, score, score)
  while from < to do
    local middle = math.floor((from + to) / 2)
    if isBehind(redis.call('ZRANGE', list, middle, middle)[1], name) then to = middle
    else from = middle + 1 end
  end
  return from
end
`;

/**
 * ARGV 4: the list, 5: the prefix, 6 and 7: score and name behind which to begin, empty for the
 * beginning, 8: the highest score, 9: how many, 10: bytes after which it is enough.
 *
 * Answers whether there was more than enough, then name, score and record of each.
 */
export const LIST = script(`#!lua flags=no-writes${GUARD}${PLACE}
local list, P, score, name = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
local most, limit, enough = tonumber(ARGV[8]), tonumber(ARGV[9]), tonumber(ARGV[10])
local from = placeBehind(list, score, name)
local found, bytes = {'held', 0}, 0
local names = redis.call('ZRANGE', list, from, from + limit - 1, 'WITHSCORES')
for i = 1, #names, 2 do
  if tonumber(names[i + 1]) > most then break end
  if bytes > enough then found[2] = 1; break end
  local record = redis.call('GET', P..'{'..names[i]..'}s')
  bytes = bytes + #(record or '')
  found[#found + 1], found[#found + 2], found[#found + 3] = names[i], names[i + 1], record
end
return found`);

/**
 * What a store and its server say of themselves, to whoever has not taken the store yet. Without flags:
 * a server that is too old for them is to say so.
 */
export const ABOUT = script(`
local d = redis.call('HMGET', KEYS[1], 'versions', 'k')
local info = redis.pcall('INFO')
-- A table is an error: the user of Redis may not ask.
return {d[1], d[2], type(info) == 'string' and info}`);

/**
 * Takes the store for a process. ARGV: the process, the beginning of keys of leases, how long its
 * lease is, who it is for people, versions, key id, and a process that is known to be gone.
 */
export const TAKE = script(`#!lua
local store, me, leases = KEYS[1], ARGV[1], ARGV[2]
local d = redis.call('HMGET', store, 'o', 't')
if d[1] and d[1] ~= me and d[1] ~= ARGV[7] then
  local left = redis.call('PTTL', leases..d[1])
  if left > 0 then return {'theirs', d[1], redis.call('GET', leases..d[1]), left} end
end
local now = redis.call('TIME')
local token = math.max(tonumber(d[2] or 0) + 1, now[1] * 1000 + math.floor(now[2] / 1000))
token = string.format('%.0f', token)
redis.call('HSET', store, 'o', me, 't', token, 'w', '0', 'versions', ARGV[5], 'k', ARGV[6])
redis.call('SET', leases..me, ARGV[4], 'PX', ARGV[3])
return {'ours', token}`);

/** ARGV 4: the key of the lease, 5: how long it is, 6: who has it, for people. */
export const BEAT = script(`#!lua flags=allow-oom${GUARD}
redis.call('SET', ARGV[4], ARGV[6], 'PX', ARGV[5])
return {'held'}`);

/**
 * Makes the store this process's again, where Redis came back with an older one. ARGV 3: the number
 * of the last write that counts as made; 4: 1 where writes before that are missing; then versions,
 * key id, and the lease: its key, how long it is, who has it.
 */
export const RETAKE = script(`#!lua
local d = redis.call('HMGET', KEYS[1], 'o', 't')
local held, token = tonumber(d[2] or 0), tonumber(ARGV[2])
if held > token or (held == token and d[1] ~= ARGV[1]) then return {'lost'} end
redis.call('HSET', KEYS[1], 'o', ARGV[1], 't', ARGV[2], 'w', ARGV[3])
redis.call('HSET', KEYS[1], 'versions', ARGV[5], 'k', ARGV[6])
if ARGV[4] == '1' then redis.call('HINCRBY', KEYS[1], 'g', 1) end
redis.call('SET', ARGV[7], ARGV[9], 'PX', ARGV[8])
return {'held'}`);

/** Leaves the store to the next process. ARGV 4: the key of the lease. */
export const LEAVE = script(`#!lua flags=allow-oom${GUARD}
redis.call('HDEL', store, 'o')
redis.call('DEL', ARGV[4])
return {'held'}`);

import {
  ACQUITTED_AGE_MS,
  BACK_OFFS_MS,
  DEATH_WITHIN_MS,
  FORGOTTEN_AFTER_MS,
  MAX_BACK_OFF_MS,
} from '../../cluster/quarantine.ts';
import { PLACE, script } from '../scripts.ts';
import { LEFT, SERVER } from './leaseScripts.ts';

/**
 * What is done with sessions of a cluster in one step. Each script is given the hash `store` as its key,
 * and as ARGV 1 and 2 the prefix of the cluster and that of the space. Below the latter:
 *
 * - `{<session>}`: a hash, `o` the owner, `t` the token, `v` the revision, `x` the expiry, `p` in whose
 *   list; where there is an owner, `c` when it claimed; while deaths are remembered, `k` how many, and
 *   `q` until when nobody gets the session
 * - `{<session>}s`, `{<session>}r`, `{<session>}z`: the record, the rows, the tombstone
 * - `due`, `own:<principal>`: the sessions in the order they expire
 *
 * ARGV 3 of a script that changes something is the server that is meant: another one refuses.
 */
const MEANT = `
local P, S = ARGV[1], ARGV[2]${SERVER}${LEFT}
if server() ~= ARGV[3] then return {'other server'} end
`;

/** How long it is known that a session has ended. */
const TOMBSTONE_MS = 60_000;
/** How long a session may be without its record after it was asserted. */
const BARE_MS = 10 * 60_000;

const OWN = `
local function isOf(boot, owner)
  return string.sub(owner, 1, #boot + 1) == boot..'#'
end
`;

const GONE = `
local function gone(key)
  local tombstone = redis.call('GET', key..'z')
  if tombstone then return {'ended', tombstone} end
  return {'unknown'}
end
`;

/** ARGV 3: the session. */
export const LOOK = script(`#!lua flags=no-writes
local P, key = ARGV[1], ARGV[2]..'{'..ARGV[3]..'}'${LEFT}${GONE}
local owner = redis.call('HGET', key, 'o')
if owner and owner ~= '' then
  local leftMs = left(owner)
  if leftMs > 0 then return {'owned', owner, leftMs} end
end
if redis.call('EXISTS', key..'s') == 1 then return {'free'} end
return gone(key)`);

/** Counts the end of an owner, once. Answers until when nobody gets the session. */
const COUNTING = `
local backOffs = {${BACK_OFFS_MS.join()}}
local function count(key, d, now)
  if d[6] then return tonumber(d[6]) end
  local beat = redis.call('HGET', P..'nodes', d[1])
  if not beat then return now end
  local at, leaseMs = string.match(beat, '^(%d+) (%d+)$')
  local lived = tonumber(at) - tonumber(d[4] or 0)
  local deaths = tonumber(d[5] or 0)
  if lived < ${DEATH_WITHIN_MS} then deaths = deaths + 1
  elseif lived >= ${FORGOTTEN_AFTER_MS} then deaths = 0 end
  -- The clock may have been set back since.
  local till = math.min(at + leaseMs, now)
  if deaths > 0 then till = till + backOffs[math.min(deaths, #backOffs)] end
  redis.call('HSET', key, 'k', deaths, 'q', string.format('%.0f', till))
  return till
end
`;

/**
 * ARGV 4: the session, 5: who claims, 6: the process of that, 7: the least token.
 *
 * Answers token, revision, record, rows, from whom, and how many owners have ended in a row.
 */
export const CLAIM = script(`#!lua flags=allow-oom${MEANT}${OWN}${GONE}${COUNTING}
local key = S..'{'..ARGV[4]..'}'
local d = redis.call('HMGET', key, 'o', 't', 'v', 'c', 'k', 'q')
local owner, now = d[1] or '', time()
local isOthers = owner ~= '' and not isOf(ARGV[6], owner)
if isOthers then
  local leftMs = left(owner)
  if leftMs > 0 then return {'theirs', owner, leftMs} end
end
local record = redis.call('GET', key..'s')
if not record then return gone(key) end
local till = tonumber(d[6] or now)
if isOthers then till = count(key, d, now) end
if till > now and till - now <= ${MAX_BACK_OFF_MS} then return {'quarantined', till - now} end
local token = math.max(tonumber(d[2] or 0) + 1, now, tonumber(ARGV[7]))
local tokenText = string.format('%.0f', token)
redis.call('HSET', key, 'o', ARGV[5], 't', tokenText, 'c', string.format('%.0f', now))
redis.call('HDEL', key, 'q')
local rows = redis.call('HGETALL', key..'r')
local deaths = tonumber(redis.call('HGET', key, 'k') or 0)
return {'ours', token, tonumber(d[3] or 0), record, rows, isOthers and owner or '', deaths}`);

const CHANGES = `
local function put(h, key, s, x, p, bytes)
  redis.call('SET', key..'s', bytes)
  if s.x == x and s.p == p then return end
  if not s.x then
    redis.call('PERSIST', key)
    redis.call('DEL', key..'z')
  end
  redis.call('HSET', key, 'x', x, 'p', p)
  redis.call('ZADD', S..'due', x, h)
  if s.p and s.p ~= '' and s.p ~= p then redis.call('ZREM', S..'own:'..s.p, h) end
  if p ~= '' then redis.call('ZADD', S..'own:'..p, x, h) end
  s.x, s.p, s.isThere = x, p, true
end
local function remove(h, key, s, tombstone)
  redis.call('DEL', key, key..'s', key..'r')
  redis.call('ZREM', S..'due', h)
  if s.p and s.p ~= '' then redis.call('ZREM', S..'own:'..s.p, h) end
  if tombstone then redis.call('SET', key..'z', tombstone, 'PX', ${TOMBSTONE_MS}) end
  s.x, s.p, s.isThere, s.isNew = nil, nil, false, true
end
`;

/**
 * ARGV 4: who writes. Then for each session: its name, by what right, token, revision, 1 where the last
 * change removes, how many changes; and the changes.
 */
const WRITING = `
local by, i, made = ARGV[4], 5, {}
while i <= #ARGV do
  local h, right, token, revision = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  local endsIt, changes = ARGV[i + 4] == '1', tonumber(ARGV[i + 5])
  local key = S..'{'..h..'}'
  local d = redis.call('HMGET', key, 'o', 't', 'v', 'x', 'p')
  local s = {x = d[4], p = d[5], isThere = d[2] or d[4], isNew = false}
  local is = 'done'
  local does = true
  if right ~= 'all' then
    if not s.isThere then
      s.isNew = true
      if right == 'claim' and not endsIt then is, does = 'unknown', false end
      if right == 'birth' then s.isThere = true end
    elseif d[1] ~= by or d[2] ~= token then is, does = 'lost', false
    elseif tonumber(d[3] or 0) > tonumber(revision) then does = false end
  end
  i = i + 6
  for _ = 1, changes do
    local what = ARGV[i]
    if what == 'put' then
      if does then put(h, key, s, ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
      i = i + 4
    elseif what == 'remove' then
      if does then remove(h, key, s, ARGV[i + 1] == '1' and ARGV[i + 2]) end
      i = i + 3
    elseif what == 'row' then
      if does and s.isThere then redis.call('HSET', key..'r', ARGV[i + 1], ARGV[i + 2]) end
      i = i + 3
    else
      if does then redis.call('HDEL', key..'r', ARGV[i + 1]) end
      i = i + 2
    end
  end
  if does and right ~= 'all' and not endsIt then
    if s.isNew then
      local now = string.format('%.0f', time())
      redis.call('HSET', key, 'o', by, 't', token, 'v', revision, 'c', now)
    elseif d[3] ~= revision then redis.call('HSET', key, 'v', revision) end
  end
  made[#made + 1] = is
end
return made`;

/** Writes. Redis refuses it before it begins where there is no memory left. */
export const WRITE = script(`#!lua${MEANT}${CHANGES}${WRITING}`);

/** The same, for changes that take no room: they are made in a full Redis too. */
export const FREE = script(`#!lua flags=allow-oom${MEANT}${CHANGES}${WRITING}`);

/** ARGV 4: the session, 5: who releases, 6: the token, 7: the revision. */
export const RELEASE = script(`#!lua flags=allow-oom${MEANT}
local key = S..'{'..ARGV[4]..'}'
local d = redis.call('HMGET', key, 'o', 't', 'v', 'c', 'x')
if not d[2] and not d[5] then return {'unknown'} end
local owner = d[1] or ''
if d[2] ~= ARGV[6] or (owner ~= ARGV[5] and owner ~= '') then return {'lost'} end
if tonumber(d[3] or 0) < tonumber(ARGV[7]) then return {'behind'} end
if owner == '' then return {'done'} end
redis.call('HSET', key, 'o', '')
redis.call('HDEL', key, 'c')
if time() - tonumber(d[4] or 0) >= ${FORGOTTEN_AFTER_MS} then redis.call('HDEL', key, 'k') end
return {'done'}`);

/** ARGV 4: the session, 5: the owner, 6: the token. */
export const ACQUIT = script(`#!lua flags=allow-oom${MEANT}
local key = S..'{'..ARGV[4]..'}'
local d = redis.call('HMGET', key, 'o', 't', 'c')
if d[1] ~= ARGV[5] or d[2] ~= ARGV[6] then return {'lost'} end
local claimed = math.min(tonumber(d[3] or 0), time() - ${ACQUITTED_AGE_MS})
redis.call('HSET', key, 'c', string.format('%.0f', claimed))
return {'done'}`);

/** ARGV 4: who asserts, 5: the process of that; then session, token and revision of each. */
export const REASSERT = script(`#!lua flags=allow-oom${MEANT}${OWN}
local by, boot, made = ARGV[4], ARGV[5], {}
local now = string.format('%.0f', time())
for i = 6, #ARGV, 3 do
  local key, token, revision = S..'{'..ARGV[i]..'}', ARGV[i + 1], ARGV[i + 2]
  local d = redis.call('HMGET', key, 'o', 't', 'v', 'x')
  local owner, had = d[1] or '', tonumber(d[2] or 0)
  local isThere = d[2] or d[4]
  -- Another node has had it, and it ended there.
  local hasEnded = not isThere and redis.call('EXISTS', key..'z') == 1
  local isSame = isThere and had == tonumber(token)
  if hasEnded or had > tonumber(token) or (isSame and owner ~= '' and not isOf(boot, owner)) then
    made[#made + 1] = 'lost'
  else
    if owner ~= by or not isSame then redis.call('HSET', key, 'o', by, 't', token) end
    if not isSame or owner == '' then redis.call('HSET', key, 'c', now) end
    redis.call('HDEL', key, 'q')
    if not isThere then redis.call('PEXPIRE', key, ${BARE_MS}) end
    local isWhole = isSame and tonumber(d[3] or 0) >= tonumber(revision) and d[4]
    made[#made + 1] = isWhole and 'ours' or 'again'
  end
end
return made`);

/** ARGV 3: the session. */
export const READ = script(`#!lua flags=no-writes
local key = ARGV[2]..'{'..ARGV[3]..'}'
return {redis.call('GET', key..'s'), redis.call('HGETALL', key..'r')}`);

/** Most sessions that are looked at in one step: Redis waits meanwhile. */
const LOOKED_AT = 1000;

/**
 * ARGV 3: the list, 4 and 5: score and name behind which to begin, empty for the beginning, 6: the
 * highest score, 7: how many, 8: bytes after which it is enough, 9: 1 for those that nobody alive has.
 *
 * Answers whether there may be more, score and name of the last one looked at, then name, score, owner
 * and record of each.
 */
export const LIST = script(`#!lua flags=no-writes
local P, S, list = ARGV[1], ARGV[2], ARGV[2]..ARGV[3]${LEFT}${PLACE}
local most, limit, enough = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local lives = {}
local function isAlive(node)
  if lives[node] == nil then lives[node] = left(node) > 0 end
  return lives[node]
end
local from = placeBehind(list, ARGV[4], ARGV[5])
local found, bytes, count = {0, ARGV[4], ARGV[5]}, 0, 0
local names = redis.call('ZRANGE', list, from, from + ${LOOKED_AT - 1}, 'WITHSCORES')
if #names == ${LOOKED_AT * 2} then found[1] = 1 end
for i = 1, #names, 2 do
  local name, score = names[i], names[i + 1]
  if tonumber(score) > most then found[1] = 0; break end
  if count == limit or bytes > enough then found[1] = 1; break end
  found[2], found[3] = score, name
  local key = S..'{'..name..'}'
  local owner = redis.call('HGET', key, 'o') or ''
  if owner ~= '' and not isAlive(owner) then owner = '' end
  if owner == '' or ARGV[9] ~= '1' then
    local record = redis.call('GET', key..'s')
    if record then
      bytes, count = bytes + #record, count + 1
      local n = #found
      found[n + 1], found[n + 2], found[n + 3], found[n + 4] = name, score, owner, record
    end
  end
end
return found`);

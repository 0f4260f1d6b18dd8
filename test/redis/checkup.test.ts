import { describe, expect, it } from 'vitest';
import {
  ofDisk,
  ofEviction,
  ofLogin,
  ofMemory,
  ofMessages,
  ofPersistence,
  ofReplicas,
  ofRole,
  ofRoundTrip,
  ofVersion,
} from '../../src/redis/checkup.ts';
import { factsOf, unfitness } from '../../src/redis/server.ts';

const facts = (...lines: readonly string[]) => factsOf(lines.join('\r\n'));
const settings = (values: Readonly<Record<string, string>>) => new Map(Object.entries(values));
type Case = readonly [string, { readonly level: string; readonly says: string }, string, RegExp];

const AOF = facts('aof_enabled:1');
const cases: readonly Case[] = [
  ['7.0', ofVersion(facts('redis_version:7.0.0')), 'ok', /^Redis 7\.0\.0$/],
  ['10.2', ofVersion(facts('redis_version:10.2.1')), 'ok', /10\.2\.1/],
  ['6.2', ofVersion(facts('redis_version:6.2.14')), 'refused', /7\.0 or later/],
  [
    'Valkey',
    ofVersion(facts('redis_version:7.2.4', 'valkey_version:9.0.1')),
    'ok',
    /^Valkey 9\.0\.1$/,
  ],
  ['a server that tells nothing', ofVersion(facts()), 'warning', /INFO is not permitted/],
  ['a master', ofRole(facts('role:master')), 'ok', /master/],
  ['a replica', ofRole(facts('role:slave')), 'refused', /no writes/],
  ['noeviction', ofEviction(facts('maxmemory_policy:noeviction')), 'ok', /noeviction/],
  ['volatile-ttl', ofEviction(facts('maxmemory_policy:volatile-ttl')), 'note', /no expiry/],
  ['allkeys-lru', ofEviction(facts('maxmemory_policy:allkeys-lru')), 'refused', /without a word/],
  ['a new policy', ofEviction(facts('maxmemory_policy:anykey')), 'warning', /not known/],
  ['no maxmemory', ofMemory(facts('used_memory:5', 'maxmemory:0')), 'note', /the machine/],
  ['half full', ofMemory(facts('used_memory:5', 'maxmemory:10')), 'ok', /^50 %/],
  ['nearly full', ofMemory(facts('used_memory:9', 'maxmemory:10')), 'warning', /^90 %/],
  ['always', ofPersistence(AOF, settings({ appendfsync: 'always' })), 'ok', /on the disk/],
  ['everysec', ofPersistence(AOF, settings({ appendfsync: 'everysec' })), 'ok', /a second or two/],
  ['no fsync', ofPersistence(AOF, settings({ appendfsync: 'no' })), 'warning', /of the machine/],
  ['unknown fsync', ofPersistence(AOF, settings({})), 'note', /not known/],
  ['snapshots', ofPersistence(facts(), settings({ save: '60 1' })), 'warning', /snapshots alone/],
  ['no disk', ofPersistence(facts(), settings({ save: '' })), 'warning', /ends all sessions/],
  ['a good disk', ofDisk(facts('aof_last_write_status:ok')), 'ok', /were made/],
  ['a bad disk', ofDisk(facts('rdb_last_bgsave_status:err')), 'warning', /^rdb_last_bgsave failed/],
  ['no replica', ofReplicas(facts('connected_slaves:0')), 'note', /one server/],
  [
    'replicas',
    ofReplicas(facts('connected_slaves:2', 'slave0:ip=a,lag=0', 'slave1:ip=b,lag=1')),
    'ok',
    /^2, the last 1 s behind/,
  ],
  [
    'a late replica',
    ofReplicas(facts('connected_slaves:1', 'slave0:ip=a,state=online,lag=60')),
    'warning',
    /loses more/,
  ],
  ['near', ofRoundTrip(0.31), 'ok', /^0\.3 ms$/],
  ['far', ofRoundTrip(7), 'note', /^7\.0 ms: each call/],
  ['very far', ofRoundTrip(120), 'warning', /^120\.0 ms/],
  ['a client', ofLogin(undefined), 'ok', /client/],
  ['a socket', ofLogin('/run/redis'), 'ok', /socket/],
  ['here', ofLogin('redis://:pass@127.0.0.1'), 'ok', /this machine/],
  ['TLS', ofLogin('rediss://:pass@far.example'), 'ok', /TLS/],
  ['no TLS', ofLogin('redis://:pass@far.example'), 'warning', /without TLS/],
  ['nothing', ofLogin('redis://far.example'), 'warning', /no TLS and no password/],
  ['messages', ofMessages(1, settings({})), 'ok', /work$/],
  [
    'messages with a limit',
    ofMessages(1, settings({ 'client-output-buffer-limit': 'normal 0 0 0 pubsub 32 8 60' })),
    'ok',
    /pubsub 32 8 60$/,
  ],
  ['messages nobody hears', ofMessages(0, settings({})), 'note', /do not work/],
  ['no messages', ofMessages(undefined, settings({})), 'note', /not permitted/],
];

describe('doctor', () => {
  it.each(cases)('finds of %s what it means', (_name, { level, says }, expected, words) => {
    expect(level).toBe(expected);
    expect(says).toMatch(words);
  });

  it('refuses what redisStore refuses', () => {
    const options = { prefix: 'mcpa:', allowEviction: false };
    const policies = ['noeviction', 'volatile-lru', 'allkeys-lru', 'allkeys-random'];
    for (const policy of policies) {
      const about = facts('redis_version:7.0.1', `maxmemory_policy:${policy}`);
      const isRefused = ofEviction(about).level === 'refused';
      expect(unfitness(about, options) !== undefined).toBe(isRefused);
    }
    for (const version of ['6.2.0', '7.0.0', '8.1.0']) {
      const about = facts(`redis_version:${version}`);
      const isRefused = ofVersion(about).level === 'refused';
      expect(unfitness(about, options) !== undefined).toBe(isRefused);
    }
    // A server that may not tell of itself is used.
    expect(unfitness(facts(), options)).toBeUndefined();
  });
});

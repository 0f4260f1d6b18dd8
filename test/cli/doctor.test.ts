import { describe, expect, it } from 'vitest';
import { CommandLine } from '../support/commandLine.ts';
import { RedisServer } from '../support/redisServer.ts';

describe('mcp-actors doctor redis', () => {
  it('says of a Redis what it means for sessions, and exits 0', async () => {
    const server = await RedisServer.ofTest('--appendonly', 'yes');
    const run = new CommandLine(['doctor', 'redis', server.url]);
    expect(await run.ended).toBe(0);
    expect(run.stdout).toMatch(/^ok {7}version {6}Redis \d/);
    expect(run.stdout).toMatch(/^ok {7}persistence {2}appendfsync everysec: /m);
    expect(run.stdout).toMatch(/\n\nSessions can be kept here\. Warnings: \d\.\n$/);
    expect(run.stderr).toBe('');
  });

  it('exits 1 where sessions can not be kept, with the URL from a variable', async () => {
    const server = await RedisServer.ofTest('--maxmemory-policy', 'allkeys-lru');
    const args = ['doctor', 'redis', '--url-env', 'THE_REDIS', '--prefix', 'other:'];
    const run = new CommandLine(args, { THE_REDIS: server.url });
    expect(await run.ended).toBe(1);
    expect(run.stdout).toMatch(/^refused {2}eviction {5}allkeys-lru: /m);
    expect(run.stdout).toMatch(/Sessions can not be kept here\. Refused: 1, /);
  });

  it('exits 69 where Redis is not reached, and tells no password', async () => {
    const server = await RedisServer.ofTest('--requirepass', 'right');
    const url = server.url.replace('//', '//:wrong@');
    const run = new CommandLine(['doctor', 'redis', url]);
    expect(await run.ended).toBe(69);
    expect(run.stderr).toMatch(
      /^mcp-actors: Redis refuses the name or the password: WRONGPASS .*\n$/,
    );
    expect(run.stderr + run.stdout).not.toContain('wrong');
  });

  it.each([
    [['doctor']],
    [['doctor', 'lmdb', 'redis://localhost']],
    [['doctor', 'redis']],
    [['doctor', 'redis', 'redis://a', 'redis://b']],
    [['doctor', 'redis', 'http://localhost']],
    [['doctor', 'redis', '--url-env', 'NOT_THERE']],
    [['doctor', 'redis', 'redis://a', '--url-env', 'THERE']],
    [['doctor', 'redis', 'redis://a', '--prefix', '']],
    [['doctor', 'redis', 'redis://a', '--wrong']],
  ])('exits 64 for %j', async (args) => {
    const run = new CommandLine(args, { THERE: 'redis://a' });
    expect(await run.ended).toBe(64);
    expect(run.stderr).toMatch(/^mcp-actors: .*\nUsage: /s);
  });
});

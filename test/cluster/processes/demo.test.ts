import { expect, it } from 'vitest';
import { findRedisServer } from '../../clusterDemo/redisProcess.ts';
import { Program } from '../../support/program.ts';

const RUN = 'test/clusterDemo/run.ts';

it.skipIf(findRedisServer() === undefined)(
  'npm run cluster kills processes, and proves that nothing was lost',
  async () => {
    const short = ['--clients', '6', '--minutes', '0.15', '--every', '3', '--lease', '2000'];
    const run = new Program(RUN, short);
    expect([await run.ended, run.stdout]).toEqual([
      0,
      expect.stringContaining('Everything holds.'),
    ]);
    expect(run.stdout).toMatch(/sessions lost +0/);
  },
);

it('npm run cluster says how to get a Redis where there is none, and exits with 2', async () => {
  const run = new Program(RUN, [], { REDIS_SERVER: '/nowhere/redis-server' });
  expect(await run.ended).toBe(2);
  expect(run.stderr).toMatch(/apt-get install redis-server[^]*brew install redis[^]*--url/);
});

it('npm run cluster refuses what it does not know, and exits with 2', async () => {
  const run = new Program(RUN, ['--mode', 'nonsense']);
  expect(await run.ended).toBe(2);
  expect(run.stderr).toContain('--mode is one of kill, stop, term, redis, all');
});

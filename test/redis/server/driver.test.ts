import { expect, it } from 'vitest';
import { Program } from '../../support/program.ts';

it('redisStore where ioredis is not installed says so, each time it is asked', async () => {
  const program = new Program('test/support/withoutIoredis.ts', [], { NODE_OPTIONS: '' });
  expect(await program.ended).toBe(0);
  const missing = 'driver-missing ioredis can not be loaded here: npm install ioredis';
  expect(JSON.parse(program.stdout)).toEqual([missing, missing, missing]);
});

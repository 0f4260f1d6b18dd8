import { expect, it, onTestFinished } from 'vitest';
import { EverythingProcess } from '../support/everythingProcess.ts';
import { RedisServer } from '../support/redisServer.ts';
import { connect, each, Worker } from './callers.ts';

const CLIENTS = 40;

it('a Redis killed by kill -9 and started again while clients work: they wait, and nothing is lost', async () => {
  const redis = await RedisServer.ofTest('--appendonly', 'yes', '--appendfsync', 'everysec');
  let server = await EverythingProcess.start(0, ['--data', redis.url]);
  onTestFinished(() => server.end('SIGKILL'));
  const callers = await connect(server.url, CLIENTS);
  const workers = callers.map((caller) => new Worker(caller, 'counter'));
  const working = workers.map((worker) => worker.work());
  await each(workers, ({ said }) => said >= 2);
  for (let kills = 0; kills < 3; kills++) {
    await redis.kill();
    const before = workers.map(({ said }) => said);
    await redis.start();
    await each(workers, ({ said }, n) => said > before[n]! + 1);
  }
  // What was said was stored: the next process counts on from there.
  await server.end('SIGKILL');
  server = await EverythingProcess.start(server.port, ['--data', redis.url]);
  const before = workers.map(({ said }) => said);
  await each(workers, ({ said }, n) => said > before[n]!);
  for (const worker of workers) worker.isStopped = true;
  await Promise.all(working);
  expect(workers.flatMap(({ troubles }) => troubles)).toEqual([]);
  expect(callers.map((caller) => caller.sessionId())).toEqual(workers.map(({ id }) => id));
  await Promise.all(callers.map((caller) => caller.close()));
});

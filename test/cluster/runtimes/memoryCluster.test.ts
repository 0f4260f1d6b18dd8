import { createRuntime } from 'mcp-actors';
import { memoryCluster } from 'mcp-actors/cluster';
import { expect, it, onTestFinished } from 'vitest';
import { FakeServer } from '../../support/fakeServer.ts';
import { eventually, turn } from '../../support/eventually.ts';
import { VirtualClock } from '../../support/virtualClock.ts';
import { WireClient } from '../../support/wireClient.ts';
import { SECRET } from './home.ts';

/** Two runtimes as a user's test makes them. */
function pair(clock: VirtualClock) {
  const cluster = memoryCluster({ secret: SECRET, clock });
  const runtimes = ['a', 'b'].map((name) =>
    createRuntime<unknown>({ server: () => new FakeServer(), clock, cluster: cluster.node(name) }),
  );
  onTestFinished(async () => {
    await Promise.all(runtimes.map((runtime) => runtime.close()));
  });
  return [runtimes[0]!, runtimes[1]!] as const;
}

it('memoryCluster needs no time to serve, to forward, and to say that a session is unknown', async () => {
  const clock = new VirtualClock();
  const [a, b] = pair(clock);
  const client = await WireClient.open(a);
  const other = await WireClient.of(b);
  other.id = client.id;
  expect((await other.call('ping')).result).toMatchObject({ method: 'ping' });
  other.id = 'nobody';
  expect((await other.request('ping')).status).toBe(404);
  expect(clock.now()).toBe(new VirtualClock().now());
});

it('memoryCluster counts on the clock that it is given, and on no other', async () => {
  const clock = new VirtualClock();
  const [a, b] = pair(clock);
  const client = await WireClient.open(a);
  await eventually(() => a.isReady && b.isReady);
  const states: string[] = [];
  for (const runtime of [a, b]) runtime.on('cluster.changed', ({ state }) => states.push(state));
  // Hours go by on the wall, as they may where a test is stopped in a debugger.
  const now = Date.now;
  onTestFinished(() => void (Date.now = now));
  Date.now = () => now() + 3 * 60 * 60_000;
  await turn();
  expect([a.isReady, b.isReady]).toEqual([true, true]);
  const other = await WireClient.of(b);
  other.id = client.id;
  expect((await other.call('ping')).result).toMatchObject({ method: 'ping' });
  await clock.elapse(10_000);
  expect(states).toEqual([]);
});

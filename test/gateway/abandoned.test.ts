import { createRuntime } from 'mcp-actors';
import { childProcess } from 'mcp-actors/gateway';
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { childrenOf, comesTrue, descriptorsOf } from '../support/processes.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { WireClient } from '../support/wireClient.ts';
import { TINY } from './gateway.ts';

const SESSIONS = 200;

/** Listeners of the process, by event. */
function listeners(): [string | symbol, number][] {
  return process.eventNames().map((name) => [name, process.listenerCount(name)]);
}

it(`${SESSIONS} sessions abandoned without DELETE leave no child, descriptor or listener`, async () => {
  const clock = new VirtualClock();
  const runtime = createRuntime({ server: childProcess(TINY), clock });
  // Whatever the first one makes for good is there before the count.
  const first = await WireClient.open(runtime);
  await first.delete();
  await eventually(() => runtime.stats().evicted.terminated === 1);
  await comesTrue(() => childrenOf().length === 0);
  const before = { descriptors: descriptorsOf().toSorted(), listeners: listeners() };

  for (let i = 0; i < SESSIONS; i += 20) {
    const clients = await Promise.all(Array.from({ length: 20 }, () => WireClient.of(runtime)));
    // Half of them do not even finish the handshake; some are in the middle of listening.
    await Promise.all(clients.map((each, n) => (n % 2 ? each.shake() : each.initialize())));
    const stream = await clients[1]!.get();
    stream.leave();
    await stream.whole();
  }
  expect(runtime.stats().sessions.total).toBe(SESSIONS);
  // With the one that watches over them.
  expect(childrenOf()).toHaveLength(SESSIONS + 1);

  clock.advance(2000);
  clock.advance(5 * 60_000);
  // A child can not sleep: its session keeps it until it expires.
  clock.advance(30 * 60_000);
  // Children end in real time, and a deadline for that must not pass meanwhile.
  await eventually(() => runtime.stats().sessions.total === 0);
  expect(runtime.stats().evicted).toMatchObject({
    expired: SESSIONS / 2,
    'handshake-timeout': SESSIONS / 2,
  });
  expect(runtime.stats().orphans).toBe(0);
  await comesTrue(() => childrenOf().length === 0);
  await comesTrue(() => descriptorsOf().length === before.descriptors.length);
  expect(descriptorsOf().toSorted()).toEqual(before.descriptors);
  expect(listeners()).toEqual(before.listeners);
  await runtime.close();
});

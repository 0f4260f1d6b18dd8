import { connectInMemory } from 'mcp-actors/memory';
import { nodeLoopMonitor, serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/base/limits.ts';
import { LoopGuard, type LoopMonitor } from '../../src/events/loopGuard.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { Reply } from '../support/reply.ts';
import { WireClient } from '../support/wireClient.ts';

/** A loop that is as late as a test says. */
class FakeMonitor implements LoopMonitor {
  report: ((delayMs: number) => void) | null = null;

  watch(report: (delayMs: number) => void): () => void {
    this.report = report;
    return () => void (this.report = null);
  }
}

/** What somebody new is answered. */
async function newcomer({ runtime }: FakeRuntime): Promise<Reply> {
  const client = await WireClient.of(runtime);
  await turn();
  return (await client.initialize()).whole();
}

function guardOf(maxLoopDelayMs: number) {
  const counters = { loopDelayMs: 0 };
  const guard = new LoopGuard({ ...DEFAULT_LIMITS, maxLoopDelayMs }, counters);
  const monitor = new FakeMonitor();
  guard.watch(monitor);
  const said = (...delays: number[]): boolean[] =>
    delays.map((each) => {
      monitor.report?.(each);
      return guard.isOverloaded;
    });
  return { guard, monitor, counters, said };
}

describe('LoopGuard', () => {
  it('is overloaded after two late reports in a row, until one is at most half as late', () => {
    const { said, counters } = guardOf(500);
    expect(said(501, 400, 501, 501)).toEqual([false, false, false, true]);
    expect(said(400, 251, 250, 501)).toEqual([true, true, false, false]);
    expect(said(501.4)).toEqual([true]);
    expect(counters.loopDelayMs).toBe(501);
  });

  it('is not overloaded at the limit, however often', () => {
    expect(guardOf(500).said(500, 500, 500)).toEqual([false, false, false]);
  });

  it('measures nothing where the limit is Infinity', () => {
    const { monitor } = guardOf(Infinity);
    expect(monitor.report).toBeNull();
  });

  it('has one monitor, the first, and none once it is stopped', () => {
    const { guard, monitor } = guardOf(500);
    const other = new FakeMonitor();
    guard.watch(other);
    expect(other.report).toBeNull();
    guard.stop();
    expect(monitor.report).toBeNull();
    guard.watch(other);
    expect(other.report).toBeNull();
  });
});

/** A runtime with two sleeping sessions whose loop is late. */
async function overloaded() {
  const loop = new FakeMonitor();
  const world = new FakeRuntime({ loopMonitor: loop });
  const clients = [await world.open(), await world.open()] as const;
  await world.clock.elapse(6000);
  await world.clock.elapse(5 * 60_000);
  await eventually(() => world.runtime.stats().sessions.asleep === 2);
  for (const delay of [900, 900]) loop.report!(delay);
  return { world, loop, clients };
}

describe('maxLoopDelayMs', () => {
  it('refuses new sessions with 503 and Retry-After, counted, and none that there are', async () => {
    const { world, loop, clients } = await overloaded();
    const limits = world.record('limit');
    const reply = await newcomer(world);
    expect([reply.status, reply.headers['retry-after']]).toEqual([503, '5']);
    expect(reply.message.error?.data?.['code']).toBe('overloaded');
    expect(limits).toEqual([{ session: undefined, limit: 'maxLoopDelayMs' }]);
    // One that sleeps wakes, and calls are answered.
    expect((await clients[0].call('tools/list')).error).toBeUndefined();
    expect(world.runtime.stats()).toMatchObject({
      loopDelayMs: 900,
      limits: { maxLoopDelayMs: 1 },
      refusals: { overloaded: 1 },
      woken: 1,
    });
    loop.report!(100);
    expect((await newcomer(world)).status).toBe(200);
    await world.runtime.close();
    expect(loop.report).toBeNull();
  });

  it('takes no line that is to have a session', async () => {
    const { world } = await overloaded();
    const line = connectInMemory(world.runtime);
    await expect(line.start()).rejects.toThrow('overloaded');
    expect(world.runtime.stats().silentConnections).toBe(0);
  });
});

it('nodeLoopMonitor measures a loop that stands still, and doors bring it', async () => {
  const world = new FakeRuntime({ maxLoopDelayMs: 200, maxHandshakes: 100_000 });
  const client = await world.open();
  const still = new Int32Array(new SharedArrayBuffer(4));
  const stop = setInterval(() => Atomics.wait(still, 0, 0, 400), 0);
  const { close } = await serve(world.runtime, { port: 0, contain: false });
  onTestFinished(async () => {
    clearInterval(stop);
    await Promise.all([close({ deadlineMs: 1 }), world.clock.elapse(10)]);
  });
  await eventually(() => world.runtime.stats().loopDelayMs > 300);
  let reply = await newcomer(world);
  while (reply.status === 200) reply = await newcomer(world);
  expect(reply.message.error?.data?.['code']).toBe('overloaded');
  expect((await client.call('tools/list')).error).toBeUndefined();
  clearInterval(stop);
  while (reply.status !== 200) reply = await newcomer(world);
  expect(world.runtime.stats().limits['maxLoopDelayMs']).toBeGreaterThan(0);
});

it('nodeLoopMonitor reports a loop that waits as on time, and nothing once it is stopped', async () => {
  const delays: number[] = [];
  const stop = nodeLoopMonitor.watch((delay) => delays.push(delay));
  await eventually(() => delays.some((delay) => delay < 250));
  stop();
  const { length } = delays;
  await new Promise((resolve) => setTimeout(resolve, 600));
  expect(delays).toHaveLength(length);
});

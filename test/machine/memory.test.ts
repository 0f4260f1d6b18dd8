import { createRuntime, type Runtime } from 'mcp-actors';
import { expect, it } from 'vitest';
import { assign, createActor, setup } from 'xstate';
import { collect } from '../support/garbage.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { WireClient } from '../support/wireClient.ts';

const MANY = 10_000;
const KIB = 1024;

type Next = { type: 'next' };

/** A machine of ten states, in a row. */
const ten = setup({
  types: { context: {} as { steps: number }, events: {} as Next },
  actions: { count: assign({ steps: ({ context }) => context.steps + 1 }) },
}).createMachine({
  id: 'ten',
  context: { steps: 0 },
  initial: 's0',
  states: Object.fromEntries(
    Array.from({ length: 10 }, (_, i) => [
      `s${i}`,
      { on: { next: { target: `s${(i + 1) % 10}`, actions: 'count' } } },
    ]),
  ),
} as never);

async function heap(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

/** Opens sessions one by one, and lets them come to rest. */
async function open(runtime: Runtime, clock: VirtualClock, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await WireClient.open(runtime);
  await clock.elapse(3000);
}

/** What a session takes: awake and idle, and asleep. */
async function weigh(machine: object): Promise<{ awake: number; asleep: number; ms: number[] }> {
  const clock = new VirtualClock();
  const runtime = createRuntime({
    clock,
    maxSessions: MANY * 2,
    maxSleeping: MANY * 2,
    server: () => new FakeServer(),
    report: false,
    ...machine,
  });
  await open(runtime, clock, 200);
  const before = await heap();
  const ms: number[] = [];
  for (let part = 0; part < 4; part++) {
    const began = performance.now();
    await open(runtime, clock, MANY / 4);
    ms.push(performance.now() - began);
  }
  const awake = ((await heap()) - before) / MANY;
  await clock.elapse(6 * 60_000);
  await clock.elapse(5000);
  expect(runtime.stats().sessions).toMatchObject({ asleep: MANY + 200, total: MANY + 200 });
  const asleep = ((await heap()) - before) / MANY;
  await runtime.close();
  return { awake, asleep, ms };
}

/** What the persisted snapshot of an actor takes. */
async function weighSnapshot(): Promise<number> {
  const kept: unknown[] = Array.from({ length: MANY });
  const before = await heap();
  for (let i = 0; i < MANY; i++) kept[i] = createActor(ten).getPersistedSnapshot();
  return ((await heap()) - before) / kept.length;
}

it(`${MANY} sessions with a machine of ten states: what each takes, awake and asleep`, async () => {
  const none = await weigh({});
  const machine = await weigh({ machine: ten });
  expect(machine.awake - none.awake).toBeLessThan(3 * KIB);
  expect(machine.asleep - none.asleep).toBeLessThan((await weighSnapshot()) + 100);
  // The last opened as fast as the first, but for what the machine does beside.
  expect(machine.ms[3]!).toBeLessThan(machine.ms[0]! * 3);
});

it('leaves nothing of actors and snapshots after 10,000 ends', async () => {
  const clock = new VirtualClock();
  const refs: WeakRef<object>[] = [];
  const runtime = createRuntime({
    clock,
    machine: ten,
    report: false,
    server: ({ actor }) => {
      refs.push(new WeakRef(actor), new WeakRef(actor.getSnapshot()));
      return new FakeServer();
    },
  });
  await (await WireClient.open(runtime)).delete();
  const before = await heap();
  for (let i = 0; i < MANY; i++) {
    const client = await WireClient.open(runtime);
    await client.delete();
  }
  await clock.elapse(60_000);
  const left = (await heap()) - before;
  expect(runtime.stats().sessions.total).toBe(0);
  expect(refs.filter((ref) => ref.deref() !== undefined)).toHaveLength(0);
  // Tombstones stay, a bounded number of them.
  expect(left / MANY).toBeLessThan(600);
  await runtime.close();
});

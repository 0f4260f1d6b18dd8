import { nodeHandler } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SessionStore } from 'mcp-actors/store';
import { DurableMemory } from '../support/durableMemory.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { MINUTE } from '../support/sleep.ts';
import { WireClient } from '../support/wireClient.ts';

const HOUR = 60 * MINUTE;
/** What a session has left when it is used no more: it idles for 5 minutes, and sleeps for 30. */
const LEFT = 35 * MINUTE;

type Options = ConstructorParameters<typeof FakeRuntime>[0];

/** A process whose clock says what it says. */
function startAt(now: number, options: Options): FakeRuntime {
  return new FakeRuntime({ ...options, startsAt: now });
}

/** A session on a store, whose process was killed a moment later. */
async function left(store: SessionStore): Promise<{ client: WireClient; now: number }> {
  const world = startAt(HOUR, { store });
  const client = await world.open();
  await world.clock.elapse(MINUTE + 1000);
  await turn();
  return { client, now: world.clock.now() };
}

async function moved(client: WireClient, to: FakeRuntime): Promise<WireClient> {
  const next = await WireClient.of(to.runtime);
  next.id = client.id;
  return next;
}

async function status(client: WireClient, to: FakeRuntime): Promise<number> {
  return (await (await moved(client, to)).request('tools/list')).status;
}

/** Some time passes, and what is swept is gone. */
async function pass(world: FakeRuntime, ms: number): Promise<void> {
  await world.clock.elapse(ms);
  for (let i = 0; i < 10; i++) await turn();
}

describe('A17: a process whose clock was wrong when it started', () => {
  it.each([
    ['two hours ahead', 2 * HOUR],
    ['two hours behind', -2 * HOUR],
    ['forty years ahead', 40 * 365 * 24 * HOUR],
  ])('%s ends no session before its time, and none after it', async (_, wrong) => {
    const store = new DurableMemory();
    const { client, now } = await left(store);
    const world = startAt(now + wrong, { store });
    const shifts = world.record('clock.shifted');
    await pass(world, 2 * MINUTE);
    expect(shifts).toMatchObject([{ now: now + wrong }]);
    expect(Math.abs(shifts[0]!.byMs - wrong)).toBeLessThan(MINUTE);
    expect(Math.abs(shifts[0]!.seen - now)).toBeLessThan(MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 0 },
      sessions: { asleep: 1 },
      limits: { maxClockGapMs: 1 },
    });
    const [session] = (await world.runtime.list()).sessions;
    expect(session!.deadline!.at - world.clock.now()).toBeGreaterThan(LEFT - 4 * MINUTE);
    expect(session!.deadline!.at - world.clock.now()).toBeLessThan(LEFT);
    await pass(world, LEFT + 2 * MINUTE);
    expect(world.runtime.stats()).toMatchObject({
      evicted: { expired: 1 },
      sessions: { asleep: 0 },
    });
    expect(await status(client, world)).toBe(404);
  });

  it('serves its sessions, whose time is right again when the clock is', async () => {
    const store = new DurableMemory();
    const { client, now } = await left(store);
    const wrong = startAt(now + 2 * HOUR, { store });
    expect(await status(client, wrong)).toBe(200);
    await pass(wrong, 10 * MINUTE);
    const right = startAt(now + 10 * MINUTE, { store });
    const shifts = right.record('clock.shifted');
    await pass(right, MINUTE);
    expect(shifts).toHaveLength(1);
    expect(Math.abs(shifts[0]!.byMs + 2 * HOUR)).toBeLessThan(2 * MINUTE);
    await pass(right, 20 * MINUTE);
    expect(right.runtime.stats().evicted.expired).toBe(0);
    await pass(right, 10 * MINUTE);
    expect(right.runtime.stats()).toMatchObject({
      evicted: { expired: 1 },
      sessions: { asleep: 0 },
    });
    // And a later one meets nothing it did not know.
    const next = startAt(right.clock.now() + MINUTE, { store });
    const more = next.record('clock.shifted');
    await pass(next, MINUTE);
    expect(more).toEqual([]);
  });

  it('leaves the sessions it served to the next process with the same clock', async () => {
    const store = new DurableMemory();
    const { client, now } = await left(store);
    const first = startAt(now + 2 * HOUR, { store });
    expect(await status(client, first)).toBe(200);
    await pass(first, MINUTE);
    await first.runtime.close();
    const second = startAt(first.clock.now() + MINUTE, { store });
    const shifts = second.record('clock.shifted');
    expect(await status(client, second)).toBe(200);
    await pass(second, MINUTE);
    expect(shifts).toEqual([]);
    const [session] = (await second.runtime.list()).sessions;
    expect(session?.key).toBe(first.runtime.residents()[0]?.key ?? session?.key);
  });

  it('gives what can be resumed to clients that come back', async () => {
    const store = new DurableMemory();
    const first = startAt(HOUR, { store });
    const client = await first.open();
    const get = await client.get();
    first.server.notify('notifications/message', { data: 'seen' });
    await get.until(({ messages }) => messages.length === 1);
    const seen = get.ids.at(-1)!;
    first.server.notify('notifications/message', { data: 'unseen' });
    await pass(first, 61_000);
    const second = startAt(first.clock.now() + 2 * HOUR, { store });
    const again = await moved(client, second);
    const resumed = await again.get({ 'last-event-id': seen });
    await resumed.until(({ messages }) => messages.length === 1);
    expect(resumed.messages[0]?.params).toEqual({ data: 'unseen' });
  });
});

describe('maxClockGapMs', () => {
  it('is how long a store may be open to nobody while its sessions grow older', async () => {
    const store = new DurableMemory();
    const { client, now } = await left(store);
    const world = startAt(now + 4 * MINUTE, { store, maxClockGapMs: 5 * MINUTE });
    const shifts = world.record('clock.shifted');
    await pass(world, LEFT - 3 * MINUTE);
    expect([shifts, world.runtime.stats().evicted.expired]).toEqual([[], 1]);
    expect(await status(client, world)).toBe(404);
  });

  it('of Infinity believes the clock', async () => {
    const store = new DurableMemory();
    const { client, now } = await left(store);
    const world = startAt(now + 2 * HOUR, { store, maxClockGapMs: Infinity });
    expect(await status(client, world)).toBe(404);
    expect(world.runtime.stats()).toMatchObject({ evicted: { expired: 1 }, limits: {} });
  });
});

describe('a durable store', () => {
  it('that remembers no time is believed by the clock', async () => {
    const disk = new DurableMemory();
    const forgetful: SessionStore = {
      isDurable: true,
      get: (id) => disk.get(id),
      write: (changes) => disk.write(changes),
      page: (query) => disk.page(query),
      due: (now, limit) => disk.due(now, limit),
      count: (principal) => disk.count(principal),
      rows: (id) => disk.rows(id),
      close: () => disk.close(),
    };
    const { client, now } = await left(forgetful);
    const world = startAt(now + 2 * HOUR, { store: forgetful });
    expect(await status(client, world)).toBe(404);
  });

  it('keeps the time once a minute, and when it is closed', async () => {
    const store = new DurableMemory();
    const world = startAt(HOUR, { store });
    await pass(world, 10 * MINUTE);
    expect(world.clock.now() - (await store.time())!.at).toBeLessThanOrEqual(MINUTE);
    await pass(world, 30_000);
    await world.runtime.close();
    expect(await store.time()).toEqual({ at: world.clock.now(), behindMs: 0 });
  });

  it('is not asked to keep the time more often where its sessions live short', async () => {
    let asked = 0;
    class Counting extends DurableMemory {
      override async keepTime(): Promise<void> {
        asked++;
      }
    }
    const world = startAt(HOUR, { store: new Counting(), evictAfterMs: 1000 });
    await pass(world, MINUTE);
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(8);
  });

  it('that does not keep the time is announced, and not asked twice while it hangs', async () => {
    let asked = 0;
    let isHeld = false;
    class Slow extends HeldStore {
      override async keepTime(): Promise<void> {
        asked++;
        if (isHeld) await new Promise(() => {});
        throw new Error('no space left on device');
      }
    }
    const world = startAt(HOUR, { store: new Slow() });
    const failed = world.record('store.failed');
    await pass(world, MINUTE + 1000);
    expect(failed).toMatchObject([{ session: undefined, doing: 'time' }]);
    isHeld = true;
    await pass(world, 10 * MINUTE);
    expect([asked, failed.length]).toEqual([2, 1]);
    expect((await (await world.open()).request('tools/list')).status).toBe(200);
  });

  it('that can not tell the time ends nobody: it is asked again', async () => {
    const store = new DurableMemory();
    const { client, now } = await left(store);
    store.trouble = 'fails';
    const world = startAt(now + 2 * HOUR, { store });
    const failed = world.record('store.failed');
    expect(await status(client, world)).toBe(503);
    expect(new Set(failed.map(({ doing }) => doing))).toEqual(new Set(['open', 'get']));
    store.trouble = undefined;
    expect(await status(client, world)).toBe(200);
  });
});

it('a clock that is not believed is warned of once, whenever the runtime is mounted', async () => {
  // What earlier runtimes warned of is said by now.
  await turn();
  const heard: string[] = [];
  const hear = ({ name, message }: Error): unknown =>
    name === 'ClockShifted' && heard.push(message);
  process.on('warning', hear);
  onTestFinished(() => void process.off('warning', hear));
  const store = new DurableMemory();
  const { now } = await left(store);
  const early = startAt(now + 2 * HOUR, { store });
  nodeHandler(early.runtime);
  nodeHandler(early.runtime);
  await eventually(() => heard.length === 1);
  const late = startAt(now - 2 * HOUR, { store });
  await pass(late, 0);
  nodeHandler(late.runtime, { contain: false });
  await eventually(() => heard.length === 2);
  expect(heard[0]).toMatch(
    /last open at 1970-01-01T01:0\S+, and it is 1970-01-01T03:0\S+ now.* s later\.$/,
  );
  expect(heard[1]).toMatch(/ s earlier\.$/);
  await early.runtime.close();
});

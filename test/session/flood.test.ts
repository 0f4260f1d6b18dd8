import { describe, expect, it } from 'vitest';
import type { FakeServer } from '../support/fakeServer.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { sleep } from '../support/sleep.ts';

const MANY = 50_000;

/** A handler that awaits each thing it says, about its call or about none. */
class Teller {
  said = 0;
  readonly done: Promise<void>;

  constructor({ transport }: FakeServer, count: number, relatedRequestId?: number) {
    this.done = (async () => {
      for (; this.said < count; this.said++) {
        const params = { level: 'info', data: this.said };
        const message = { jsonrpc: '2.0' as const, method: 'notifications/message', params };
        await transport!.send(message, relatedRequestId === undefined ? {} : { relatedRequestId });
      }
    })();
  }
}

describe('a handler that awaits all it says', () => {
  it.each([
    ['about its call, when its client is gone', 1, true],
    ['when its client has no stream open', undefined, false],
    ['when its session is over', undefined, true],
  ] as const)('lets other sessions be served, %s (A5)', async (why, related, isGone) => {
    const world = new FakeRuntime();
    const [client, other] = [await world.open(), await world.open()];
    const server = world.servers[0]!;
    const call = client.request('hold', {}, 1);
    await turn();
    await world.clock.elapse(1000);
    const reply = await call;
    if (isGone) reply.leave();
    if (why.endsWith('over')) await client.delete();
    await world.clock.elapse(10_000);
    const teller = new Teller(server, MANY, related);
    let turns = 0;
    const count = (): void => {
      turns++;
      if (teller.said < MANY) setImmediate(count);
    };
    setImmediate(count);
    expect((await other.call('ping')).result).toEqual({});
    const before = teller.said;
    await teller.done;
    expect(before).toBeLessThan(MANY / 2);
    // One turn for each 1000 words at least.
    expect(turns).toBeGreaterThanOrEqual(MANY / 1000 - 1);
  });
});

it('a handler that awaits long words gives a turn away every 64 KiB', async () => {
  const world = new FakeRuntime();
  const client = await world.open();
  const reply = await client.get();
  reply.leave();
  await turn();
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const params = { level: 'info', data: 'x'.repeat(10 * 1024) };
  for (let i = 0; i < 700; i++) {
    await world.server.transport!.send({ jsonrpc: '2.0', method: 'notifications/message', params });
  }
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(99);
});

describe('a store that never answers', () => {
  it.each(['awaited', 'not awaited'])(
    'has no more rows wait for it than can be resumed, of 50 000 that are said, %s (A5)',
    async (how) => {
      const store = new HeldStore();
      const writes: number[] = [];
      const write = store.write.bind(store);
      store.write = (changes) => {
        writes.push(changes.length);
        return write(changes);
      };
      const world = new FakeRuntime({ store });
      const client = await world.open();
      const call = client.request('hold', {}, 1);
      await turn();
      await world.clock.elapse(1000);
      (await call).leave();
      await sleep(world, 1000);
      const release = store.hold('write');
      world.server.notify('notifications/message', {}, 1);
      await turn();
      writes.length = 0;
      const before = world.runtime.stats();
      if (how === 'awaited') await new Teller(world.server, MANY, 1).done;
      else for (let n = 0; n < MANY; n++) world.server.notify('notifications/message', { n }, 1);
      expect(world.runtime.stats().limits).toEqual({
        ...before.limits,
        maxReplayEvents: MANY - 255,
      });
      release();
      await eventually(() => writes.length > 0);
      // The last 256 events, the one that was on its way to be erased, and what the stream has lost.
      expect(writes).toEqual([258]);
      const rows = await store.rows(client.id!);
      expect(rows).toHaveLength(1 + 256);
    },
  );
});

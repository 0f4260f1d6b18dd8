import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { timerOf } from '../../src/base/within.ts';
import { EventStream } from '../../src/events/eventStream.ts';
import type { StoreChange } from '../../src/store/store.ts';
import { type Persisted, Writer } from '../../src/store/writer.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { WireClient } from '../support/wireClient.ts';
import { rethrow } from '../support/rethrow.ts';

/** A store whose writes end when a test says so. */
class GatedStore extends DurableMemory {
  readonly gates: ((error?: Error) => void)[] = [];
  readonly asked: (readonly StoreChange[])[] = [];

  override async write(changes: readonly StoreChange[]): Promise<void> {
    this.asked.push(changes);
    await new Promise<void>((resolve, reject) => {
      this.gates.push((error) => (error === undefined ? resolve() : reject(error)));
    });
    await super.write(changes);
  }
}

function rig() {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock, rethrow);
  const store = new GatedStore();
  const host = {
    events: new EventStream(),
    later: deadlines.queue<Persisted>(100, (each) => each.writeBehind()),
    timer: timerOf(deadlines.queue<() => void>(1000, (tooLong) => tooLong())),
    retries: deadlines.queue<() => void>(500, (again) => again()),
  };
  const writer = new Writer(store, host, () => undefined);
  return { clock, store, writer };
}

const kept = (id: string): Persisted => ({
  id,
  key: id,
  record: () => sessionRecord({ id }),
  writeBehind: () => {},
});

const outcome = async (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'stored',
    (error: unknown) => (error as { code?: string }).code ?? 'failed',
  );

describe('Writer', () => {
  it('tells whoever waits that it takes too long, those behind a write that hangs as well', async () => {
    const { clock, writer } = rig();
    const first = outcome(writer.put(kept('a')));
    await turn();
    clock.advance(400);
    const second = outcome(writer.put(kept('b')));
    await clock.elapse(600);
    expect(await first).toBe('store-unavailable');
    await clock.elapse(400);
    expect(await second).toBe('store-unavailable');
  });

  it('makes the write that nobody waits for any more all the same, before the next', async () => {
    const { clock, store, writer } = rig();
    const first = outcome(writer.put(kept('a')));
    await clock.elapse(1000);
    await first;
    const second = outcome(writer.put(kept('b')));
    await turn();
    expect(store.asked).toHaveLength(1);
    store.gates[0]!();
    await turn();
    store.gates[1]!();
    expect(await second).toBe('stored');
    expect(clock.pending).toBeLessThanOrEqual(1);
    clock.advance(5000);
    expect(clock.pending).toBe(0);
  });

  it('knows whose changes are on their way, and who is not forgotten yet', async () => {
    const { clock, store, writer } = rig();
    void outcome(writer.put(kept('a')));
    expect(writer.isBusy('a')).toBe(true);
    await turn();
    store.gates[0]!();
    await turn();
    expect([writer.isBusy('a'), writer.isRemoving('a')]).toEqual([false, false]);
    void outcome(writer.remove(kept('a')));
    await turn();
    store.gates[1]!(new Error('no'));
    await turn();
    expect([writer.isBusy('a'), writer.isRemoving('a')]).toEqual([false, true]);
    clock.advance(500);
    await turn();
    store.gates[2]!();
    await turn();
    expect([writer.isBusy('a'), writer.isRemoving('a')]).toEqual([false, false]);
  });

  it('close: tries once more to remove what could not be, and does not wait for ever', async () => {
    const { clock, store, writer } = rig();
    void outcome(writer.remove(kept('a')));
    await turn();
    store.gates[0]!(new Error('no'));
    await turn();
    let isClosed = false;
    void writer.close().then(() => (isClosed = true));
    await turn();
    expect(store.asked.at(-1)).toEqual([{ type: 'remove', id: 'a' }]);
    expect([store.asked.length, isClosed]).toEqual([2, false]);
    await clock.elapse(1000);
    expect(isClosed).toBe(true);
  });
});

describe('a session whose last write failed', () => {
  it('is not stored again after its end', async () => {
    const store = new DurableMemory();
    const world = new FakeRuntime({ store });
    const client = await world.open();
    await world.clock.elapse(1000);
    store.trouble = 'fails';
    await world.runtime.residents()[0]!.update(() => ({ changed: true }));
    await world.clock.elapse(150);
    // The write has failed, and is to be tried again.
    store.trouble = undefined;
    expect((await client.delete()).status).toBe(204);
    await world.clock.elapse(5000);
    expect(await store.count()).toBe(0);
    const next = new FakeRuntime({ store });
    const again = await WireClient.of(next.runtime);
    again.id = client.id;
    expect((await again.request('tools/list')).status).toBe(404);
  });
});

import { describe, expect, it } from 'vitest';
import type { SessionRecord } from '../../src/store/record.ts';
import type { Persisted } from '../../src/store/writer.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { WireClient } from '../support/wireClient.ts';
import { kept, outcome, rig, row } from './writerRig.ts';

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

  it('mark: has a session stored some time after it was marked first', () => {
    const { clock, writer } = rig();
    let behind = 0;
    const a = { ...kept('a'), writeBehind: () => void behind++ };
    writer.mark(a);
    clock.advance(60);
    writer.mark(a);
    clock.advance(40);
    expect(behind).toBe(1);
    clock.advance(100);
    expect(behind).toBe(1);
  });

  it('removed: waits for those that end, and says whether all are forgotten', async () => {
    const { store, writer, written } = rig();
    const [a, b] = [outcome(writer.remove(kept('a'))), writer.removed(['a', 'none'])];
    await turn();
    await written(0);
    expect([await a, await b]).toEqual(['stored', true]);
    for (const id of ['b', 'c']) void outcome(writer.remove(kept(id)));
    const both = writer.removed(['b', 'c']);
    await turn();
    for (const error of [new Error('not both'), new Error('no'), undefined]) {
      await written(store.gates.length - 1, error);
    }
    expect(await both).toBe(false);
  });

  it('forgets what was stored of a session that can not be stored any more', async () => {
    const { store, writer } = rig();
    void outcome(writer.put({ ...kept('a'), record: () => undefined }));
    await turn();
    expect(store.asked).toEqual([[{ type: 'remove', id: 'a' }]]);
  });

  it('announces what the store refused, of whom', async () => {
    const { failed, writer, written } = rig();
    const [a, b, c] = ['a', 'b', 'c'].map(kept);
    const outcomes = [writer.put(a!), writer.remove(c!)].map(outcome);
    writer.row(b!, row(1));
    await turn();
    // Together, and then each alone.
    for (const n of [0, 1, 2, 3]) await written(n, new Error('no'));
    expect(failed).toEqual([
      ['a', 'put'],
      [undefined, 'remove'],
      ['b', 'append'],
    ]);
    expect(await Promise.all(outcomes)).toEqual(['failed', 'failed']);
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

describe('Writer, of a record that was refused', () => {
  it.each([
    ['while somebody waits', 0],
    ['when whoever waited has given up', 1500],
  ])('%s: it is told so, and asked for a new one a moment later', async (_, ms) => {
    const { clock, writer, written } = rig();
    const told: string[] = [];
    const a = {
      ...kept('a'),
      refused: () => void told.push('refused'),
      writeBehind: () => void told.push('asked'),
    };
    void outcome(writer.put(a));
    await clock.elapse(ms);
    await turn();
    await written(0, new Error('no'));
    expect(told).toEqual(['refused']);
    await clock.elapse(700);
    expect(told).toEqual(['refused', 'asked']);
  });
});

describe('Writer, of a write', () => {
  it('has at most 256 sessions', async () => {
    const { store, writer, written } = rig();
    for (let i = 0; i < 300; i++) void outcome(writer.put(kept(`s${i}`)));
    await turn();
    await written(0);
    expect(store.asked.map(({ length }) => length)).toEqual([256, 44]);
  });

  it('has at most 1000 changes, unless one session has more: it stays whole', async () => {
    const { store, writer, written } = rig();
    for (const [id, count] of [
      ['a', 400],
      ['b', 400],
      ['c', 1500],
      ['d', 10],
    ] as const) {
      const session = kept(id);
      for (let n = 0; n < count; n++) writer.row(session, row(n));
      void outcome(writer.put(session));
    }
    await turn();
    for (const n of [0, 1]) await written(n);
    expect(store.asked.map((changes) => changes.length)).toEqual([802, 1501, 11]);
    const ids = store.asked.map(
      (changes) => new Set(changes.map((each) => (each.type === 'put' ? each.record.id : each.id))),
    );
    expect(ids.map((each) => [...each])).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  it('never has a record that is ahead of the rows, whenever they come', async () => {
    const { store, writer, written } = rig();
    let said = 0;
    const a = { ...kept('a'), record: () => sessionRecord({ id: 'a', standalone: said }) };
    for (let i = 0; i < 20; i++) {
      void outcome(writer.put(a));
      writer.row(a, row(++said));
      await Promise.resolve();
    }
    await turn();
    for (const n of [0, 1]) await written(n);
    let stored = 0;
    const places = store.asked.map((changes) => {
      const put = changes.find(({ type }) => type === 'put');
      stored += changes.length - 1;
      return { says: put?.type === 'put' ? put.record.standalone : 0, stored };
    });
    expect(places.map(({ says }) => says)).toEqual(places.map((each) => each.stored));
    expect([store.asked.length, stored]).toEqual([2, 20]);
  });

  it('tried again for each session alone asks for what it asked for before', async () => {
    const { store, writer, written } = rig();
    const made = { a: 0, b: 0 };
    const counted = (id: 'a' | 'b'): Persisted => {
      const record = (): SessionRecord => sessionRecord({ id, standalone: ++made[id] });
      return { ...kept(id), record };
    };
    const [a, b] = [counted('a'), counted('b')];
    const outcomes = [a, b].map((each) => outcome(writer.put(each)));
    writer.row(a, row(1));
    await turn();
    // Said after the record was made, and to be stored after it.
    writer.row(a, row(2));
    await written(0, new Error('not both'));
    for (const n of [1, 2, 3]) await written(n);
    expect(await Promise.all(outcomes)).toEqual(['stored', 'stored']);
    const [both, ...rest] = store.asked;
    expect(rest).toEqual([
      both!.slice(0, 2),
      both!.slice(2),
      [{ type: 'row', id: 'a', n: 2, row: 'row 2' }],
    ]);
    expect(made).toEqual({ a: 1, b: 1 });
  });

  it('has nothing of a session that ended before any write took something of it', async () => {
    const { store, writer, written } = rig();
    void outcome(writer.put(kept('a')));
    await turn();
    const waiting = outcome(writer.put(kept('b')));
    writer.row(kept('b'), row(1));
    expect([writer.cancel('a'), writer.cancel('b')]).toEqual([false, true]);
    expect([await waiting, writer.isBusy('b')]).toEqual(['stored', false]);
    await written(0);
    expect(store.asked).toHaveLength(1);
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

import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { timerOf } from '../../src/base/within.ts';
import { EventStream } from '../../src/events/eventStream.ts';
import type { SessionRecord } from '../../src/store/record.ts';
import type { StoreChange } from '../../src/store/store.ts';
import { type Persisted, type Row, Writer } from '../../src/store/writer.ts';
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
  const failed: unknown[] = [];
  host.events.on('store.failed', ({ session, doing }) => failed.push([session, doing]));
  /** Lets a write end, and what follows run. */
  const written = async (n: number, error?: Error): Promise<void> => {
    store.gates[n]!(error);
    await turn();
  };
  return { clock, deadlines, failed, store, writer, written };
}

const kept = (id: string): Persisted => ({
  id,
  key: id,
  isTaken: true,
  record: () => sessionRecord({ id }),
  writeBehind: () => {},
  refused: () => {},
});

const row = (n: number): Row => ({ n, isTaken: false, text: () => `row ${n}` });
const numbersOf = (changes: readonly StoreChange[] = []): unknown[] =>
  changes.map((change) => (change.type === 'row' ? [change.n, change.row] : change.type));

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

describe("Writer, of a session's rows", () => {
  it('keeps no row that was erased before a write took it, however many there are', async () => {
    const { deadlines, store, writer, written } = rig();
    const a = kept('a');
    void outcome(writer.put(a));
    await turn();
    // The store takes its time; meanwhile the session says much, and keeps what it said last.
    const rows = Array.from({ length: 50_000 }, (_, n) => row(n));
    for (const each of rows) {
      writer.row(a, each);
      if (each.n >= 3) writer.erase(a, rows[each.n - 3]!);
    }
    // Nobody waits for a row: no deadline but that of the first write.
    expect(deadlines.size).toBe(1);
    await written(0);
    expect(numbersOf(store.asked[1])).toEqual([49_997, 49_998, 49_999].map((n) => [n, `row ${n}`]));
  });

  it('erases a row that a write has taken, also while that write is under way', async () => {
    const { store, writer, written } = rig();
    const a = kept('a');
    const [first, second] = [row(1), row(2)];
    writer.row(a, first);
    await turn();
    writer.row(a, second);
    writer.erase(a, first);
    writer.erase(a, second);
    await written(0);
    expect(store.asked.map(numbersOf)).toEqual([[[1, 'row 1']], [[1, undefined]]]);
  });

  it('stores a row as it is when a write takes it', async () => {
    const { store, writer } = rig();
    let text = 'early';
    writer.row(kept('a'), { n: 1, isTaken: false, text: () => text });
    text = 'late';
    await turn();
    expect(numbersOf(store.asked[0])).toEqual([[1, 'late']]);
  });

  it('stored: waits for the rows given so far, and tells when they were refused', async () => {
    const { writer, written } = rig();
    const a = kept('a');
    writer.row(a, row(1));
    const first = outcome(writer.stored('a'));
    await turn();
    writer.row(a, row(2));
    writer.row(a, row(3));
    const second = outcome(writer.stored('a'));
    await written(0);
    expect(await first).toBe('stored');
    await written(1, new Error('no'));
    expect(await second).toBe('failed');
    expect(writer.isBusy('a')).toBe(true);
  });

  it('tries rows that were refused again, by themselves and as they are then', async () => {
    const { clock, store, writer, written } = rig();
    const a = kept('a');
    const rows = [1, 2, 3, 4].map(row);
    for (const each of rows) writer.row(a, each);
    void outcome(writer.put(a));
    await turn();
    // Told while the write is under way: newer than what the write has.
    writer.row(a, { ...rows[1]!, text: () => 'newer' });
    await written(0, new Error('no'));
    // No store has it, so nothing is left to be erased.
    writer.erase(a, rows[2]!);
    await written(1);
    expect(numbersOf(store.asked[1])).toEqual([[2, 'newer']]);
    void outcome(writer.put(a));
    await turn();
    await written(2);
    expect(numbersOf(store.asked[2])).toEqual(['put']);
    clock.advance(500);
    await turn();
    expect(numbersOf(store.asked[3])).toEqual([
      [1, 'row 1'],
      [4, 'row 4'],
    ]);
    await written(3);
    expect([writer.isBusy('a'), store.asked.length]).toEqual([false, 4]);
  });

  it.each([
    ['remove', ['remove']],
    ['cancel', undefined],
  ] as const)('%s: rows that were refused are over with their session', async (how, asked) => {
    const { clock, store, writer, written } = rig();
    const a = kept('a');
    writer.row(a, row(1));
    await turn();
    await written(0, new Error('no'));
    if (how === 'remove') void outcome(writer.remove(a));
    else writer.cancel('a');
    await turn();
    if (asked !== undefined) await written(1);
    clock.advance(500);
    await turn();
    expect(store.asked[1] && numbersOf(store.asked[1])).toEqual(asked);
    expect([writer.isBusy('a'), store.asked.length]).toEqual([false, asked === undefined ? 1 : 2]);
  });

  it('a row that is refused while its session ends is not tried again', async () => {
    const { clock, store, writer, written } = rig();
    writer.row(kept('a'), row(1));
    await turn();
    void outcome(writer.remove(kept('a')));
    await written(0, new Error('no'));
    await written(1);
    clock.advance(500);
    await turn();
    expect(store.asked.map(numbersOf)).toEqual([[[1, 'row 1']], ['remove']]);
    expect(writer.isBusy('a')).toBe(false);
  });

  it('a row that was refused and then erased leaves nothing to try again', async () => {
    const { writer, written } = rig();
    const [a, first] = [kept('a'), row(1)];
    writer.row(a, first);
    await turn();
    await written(0, new Error('no'));
    writer.erase(a, first);
    await turn();
    expect(writer.isBusy('a')).toBe(false);
  });

  it('close: rows that were refused are tried once more', async () => {
    const { store, writer, written } = rig();
    writer.row(kept('a'), row(1));
    await turn();
    await written(0, new Error('no'));
    const closed = writer.close();
    await turn();
    await written(1);
    await closed;
    expect(store.asked.map((each) => numbersOf(each))).toEqual([[[1, 'row 1']], [[1, 'row 1']]]);
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

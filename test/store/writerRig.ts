import { Deadlines } from '../../src/base/deadlines.ts';
import { timerOf } from '../../src/base/within.ts';
import { EventStream } from '../../src/events/eventStream.ts';
import type { StoreChange } from '../../src/store/store.ts';
import { type Persisted, type Row, Writer } from '../../src/store/writer.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { rethrow } from '../support/rethrow.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { VirtualClock } from '../support/virtualClock.ts';

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

/** A writer over such a store, on a virtual clock. */
export function rig() {
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

/** A session that is stored. */
export const kept = (id: string): Persisted => ({
  id,
  key: id,
  isTaken: true,
  record: () => sessionRecord({ id }),
  writeBehind: () => {},
  refused: () => {},
});

export const row = (n: number): Row => ({ n, isTaken: false, text: () => `row ${n}` });
/** Numbers and texts of rows; of other changes, their type. */
export const numbersOf = (changes: readonly StoreChange[] = []): unknown[] =>
  changes.map((change) => (change.type === 'row' ? [change.n, change.row] : change.type));

export const outcome = async (promise: Promise<void>): Promise<string> =>
  promise.then(
    () => 'stored',
    (error: unknown) => (error as { code?: string }).code ?? 'failed',
  );

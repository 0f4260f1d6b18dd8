import { ActorsError } from '../base/errors.ts';
import type {
  Beat,
  Engine,
  EngineClaim,
  Incarnation,
  Listed,
  ListQuery,
  Looked,
  Member,
  Owned,
  Reasserted,
  SessionWrite,
  Space,
  SpaceName,
  StoredRow,
  Written,
} from '../cluster/engine.ts';
import type { EngineMethod, SpaceMethod } from './messages.ts';
import type { Questions } from './questions.ts';

/** The way of a worker to the memory of the first process. */
export class IpcEngine implements Engine {
  readonly #questions: Pick<Questions, 'ask'>;
  readonly #listeners: (() => void)[] = [];
  /** Which memory the last beat came from. */
  #server: string | undefined;
  readonly #closed: () => void;
  #isClosed = false;

  /** @param closed told when nothing is asked any more */
  constructor(questions: Pick<Questions, 'ask'>, closed: () => void = () => {}) {
    this.#questions = questions;
    this.#closed = closed;
  }

  async join(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#heard(await this.#ask('join', [as, leaseMs, about], about.length));
  }

  async renew(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#heard(await this.#ask('renew', [as, leaseMs, about], about.length));
  }

  async leave(as: Incarnation): Promise<void> {
    await this.#ask('leave', [as]);
  }

  leftMs(of: Incarnation): Promise<number> {
    return this.#ask('leftMs', [of]);
  }

  members(): Promise<readonly Member[]> {
    return this.#ask('members', []);
  }

  space(name: SpaceName): Space {
    return new IpcSpace((method, args, bytes) => {
      this.#refuseClosed();
      return this.#questions.ask({ of: 'space', space: name, method, args }, bytes);
    });
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closed();
  }

  async #ask<T>(method: EngineMethod, args: readonly unknown[], bytes = 0): Promise<T> {
    this.#refuseClosed();
    // The other process runs the same release: what it answers is what this method answers.
    return (await this.#questions.ask({ of: 'engine', method, args }, bytes)) as T;
  }

  #heard(beat: Beat): Beat {
    const isAnother = this.#server !== undefined && this.#server !== beat.server;
    this.#server = beat.server;
    if (isAnother) for (const listener of this.#listeners) listener();
    return beat;
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new ActorsError('store-unavailable', 'The engine is closed');
  }
}

type AskSpace = (method: SpaceMethod, args: readonly unknown[], bytes?: number) => Promise<unknown>;

class IpcSpace implements Space {
  readonly #question: AskSpace;

  constructor(question: AskSpace) {
    this.#question = question;
  }

  look(print: string): Promise<Looked> {
    return this.#ask('look', [print]);
  }

  claim(print: string, by: Incarnation, floor: number): Promise<EngineClaim> {
    return this.#ask('claim', [print, by, floor]);
  }

  write(by: Incarnation, batch: readonly SessionWrite[]): Promise<readonly Written[]> {
    return this.#ask('write', [by, batch], bytesOf(batch));
  }

  release(by: Incarnation, owned: Owned): ReturnType<Space['release']> {
    return this.#ask('release', [by, owned]);
  }

  acquit(by: Incarnation, owned: Owned): Promise<void> {
    return this.#ask('acquit', [by, owned]);
  }

  reassert(by: Incarnation, owned: readonly Owned[]): Promise<readonly Reasserted[]> {
    return this.#ask('reassert', [by, owned], owned.length * OWNED_BYTES);
  }

  read(
    print: string,
  ): Promise<{ readonly record: Buffer; readonly rows: readonly StoredRow[] } | undefined> {
    return this.#ask('read', [print]);
  }

  page(query: ListQuery): ReturnType<Space['page']> {
    return this.#ask('page', [query]);
  }

  due(now: number, limit: number): Promise<readonly Listed[]> {
    return this.#ask('due', [now, limit]);
  }

  count(principal?: string): Promise<number> {
    return this.#ask('count', [principal]);
  }

  async #ask<T>(method: SpaceMethod, args: readonly unknown[], bytes?: number): Promise<T> {
    // The other process runs the same release: what it answers is what this method answers.
    return (await this.#question(method, args, bytes)) as T;
  }
}

/** What the name and the numbers of a session weigh. */
const OWNED_BYTES = 80;

function bytesOf(batch: readonly SessionWrite[]): number {
  let bytes = 0;
  for (const { changes } of batch) {
    bytes += OWNED_BYTES;
    for (const change of changes) {
      if ('bytes' in change) bytes += change.bytes.length;
      else if (change.type === 'remove') bytes += change.tombstone?.length ?? 0;
    }
  }
  return bytes;
}

import { ActorsError } from '../../base/errors.ts';
import type { Tables } from './tables.ts';

/**
 * Most changes of one commit, unless one write has more. All changes of a commit are made in one
 * turn of the event loop; and a commit that frees very many pages makes each later one slow.
 */
const BATCH = 100;

export type Work = (tables: Tables) => void;

/** The open files of a store. */
export interface Files {
  readonly tables: Tables;
  /**
   * Does work in one transaction. Work that throws is undone alone, and its error is at its place.
   *
   * @param take asked for the work when the transaction is open
   * @throws what made the commit fail: nothing was stored then
   */
  commit(take: () => readonly Work[]): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

/** The way to the tables of a store, or of a part of it. */
export type Access = Pick<Commits, 'read' | 'write' | 'close'>;

interface Write {
  readonly work: Work;
  readonly changes: number;
  readonly settle: (error?: unknown) => void;
}

/**
 * The way to the files of a store. Writes wait here for the disk: one commit at a time, and the
 * writes that come meanwhile share the next commit.
 *
 * After a commit that failed the files are opened again: LMDB takes no more writes once the disk
 * refused its root page.
 */
export class Commits {
  readonly #open: () => Files;
  readonly #maxBytes: number;
  #files: Files | null;
  #waiting: Write[] = [];
  #bytes = 0;
  #running: Promise<void> | null = null;
  #reopening: Promise<void> | null = null;
  #closed: Promise<void> | null = null;

  /** @throws ActorsError `store-unavailable` */
  constructor(open: () => Files, maxBytes: number) {
    this.#open = open;
    this.#maxBytes = maxBytes;
    this.#files = open();
  }

  /**
   * Reads from the files, in the same turn unless they are being opened again.
   * @throws ActorsError `store-unavailable`
   */
  read<T>(work: (tables: Tables) => T | Promise<T>): T | Promise<T> {
    this.#refuseClosed();
    if (this.#reopening !== null) return this.#reopening.then(() => this.read(work));
    return work(this.#opened().tables);
  }

  /**
   * Does a piece of work in a transaction.
   * @param changes how many changes the work makes
   * @param bytes how many bytes wait with the work
   * @throws ActorsError `store-unavailable` when the work is not stored
   */
  async write(work: Work, changes = 1, bytes = 0): Promise<void> {
    this.#refuseClosed();
    if (this.#bytes + bytes > this.#maxBytes) {
      throw new ActorsError('store-unavailable', 'Too many bytes wait to be stored');
    }
    this.#bytes += bytes;
    await new Promise<void>((resolve, reject) => {
      const settle = (cause?: unknown): void => {
        this.#bytes -= bytes;
        if (cause === undefined) resolve();
        else
          reject(new ActorsError('store-unavailable', 'The store can not be written', { cause }));
      };
      this.#waiting.push({ work, changes, settle });
      this.#running ??= this.#run();
    });
  }

  /** Takes no more writes, and ends when every write it took is stored. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#commit();
    this.#running = null;
  }

  async #commit(): Promise<void> {
    let taken: Write[] = [];
    const take = (): Work[] => {
      taken = this.#next();
      return taken.map(({ work }) => work);
    };
    try {
      const errors = await this.#opened().commit(take);
      for (const [index, { settle }] of taken.entries()) settle(errors[index]);
    } catch (error) {
      this.#reopening = this.#release();
      await this.#reopening;
      this.#reopening = null;
      // The commit may have failed before it took any work.
      if (taken.length === 0) take();
      for (const { settle } of taken) settle(error);
    }
  }

  /** Takes the writes that go into one commit. */
  #next(): Write[] {
    let changes = 0;
    const end = this.#waiting.findIndex((write) => (changes += write.changes) > BATCH);
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : Math.max(end, 1));
  }

  #opened(): Files {
    return (this.#files ??= this.#open());
  }

  async #release(): Promise<void> {
    const files = this.#files;
    this.#files = null;
    // The writes that these files could not finish have failed already.
    await files?.close().catch(() => {});
  }

  async #close(): Promise<void> {
    await this.#running;
    await this.#release();
  }

  #refuseClosed(): void {
    if (this.#closed !== null) throw new ActorsError('store-unavailable', 'The store is closed');
  }
}

import { open, type RootDatabase } from 'lmdb';
import { ActorsError } from '../../base/errors.ts';
import { WIRE } from '../codec/recordCodec.ts';
import { RECORD_FORMAT } from '../record.ts';
import type { Files, Work } from './commits.ts';
import { prepareFiles } from './files.ts';
import type { CheckedOptions } from './options.ts';
import { Tables, type Table } from './tables.ts';

/** The version of how tables and keys are laid out. */
const LAYOUT = 1;
/** Tables of sessions, and of each part. */
const MAX_TABLES = 32;
const VERSIONS = Buffer.from('versions');

type EnvironmentOptions = Pick<CheckedOptions, 'path' | 'exclusive' | 'maxAside'>;

/** The files of a store, as LMDB keeps them. */
export class Environment implements Files {
  readonly tables: Tables;
  readonly #root: RootDatabase;

  /** @throws ActorsError `store-unavailable`, `store-locked` */
  constructor({ path, exclusive, maxAside }: EnvironmentOptions) {
    let root: RootDatabase | undefined;
    try {
      prepareFiles(path);
      root = open({
        path,
        noSubdir: false,
        maxDbs: MAX_TABLES,
        // A commit is on the disk before anybody hears of it.
        overlappingSync: false,
        // With it, a failed commit is also an unhandled rejection of a promise nobody was given.
        eventTurnBatching: false,
      });
      this.#root = root;
      this.tables = new Tables(root, maxAside);
      if (exclusive) checkAlone(root, this.tables.about);
      checkVersions(this.tables.about);
    } catch (cause) {
      root?.close().catch(() => {});
      if (cause instanceof ActorsError) throw cause;
      throw new ActorsError('store-unavailable', 'The store can not be opened', { cause });
    }
  }

  async commit(take: () => readonly Work[]): Promise<unknown[]> {
    const errors: unknown[] = [];
    const run = (): void => {
      for (const [index, work] of take().entries()) {
        try {
          // Within a transaction, a child transaction is done when the call returns.
          void this.#root.childTransaction(() => work(this.tables));
        } catch (error) {
          errors[index] = error;
        }
      }
    };
    try {
      await this.#root.transaction(run);
    } catch (error) {
      throw await causeOf(error);
    }
    return errors;
  }

  async close(): Promise<void> {
    await this.#root.close();
  }
}

/** @throws ActorsError `store-locked` when another process is here */
function checkAlone(root: RootDatabase, about: Table): void {
  try {
    // A reader is on the list, this process too: of two that come at once, one sees the other.
    about.doesExist(VERSIONS);
  } catch (cause) {
    // The list has this process's number, and LMDB's lock on it is somebody else's.
    const message = 'A process of another container, with the same number, has this store open';
    throw new ActorsError('store-locked', message, { cause });
  }
  // A killed process is still on the list. LMDB knows by a lock of the system that it is gone.
  root.readerCheck();
  const pids = Array.from(root.readerList().matchAll(/^ *(\d+) /gm), ([, pid]) => Number(pid));
  const other = pids.find((pid) => pid !== process.pid);
  if (other === undefined) return;
  throw new ActorsError('store-locked', `Process ${other} has this store open`);
}

/** @throws ActorsError `store-unavailable` when a newer release wrote here */
function checkVersions(about: Table): void {
  const known = Buffer.of(LAYOUT, RECORD_FORMAT, WIRE);
  const stored = about.get(VERSIONS);
  if (stored?.equals(known) === true) return;
  if (stored?.some((version, index) => version > (known[index] ?? 0)) === true) {
    const message = 'A newer release of mcp-actors or of node wrote this store';
    throw new ActorsError('store-unavailable', message);
  }
  about.putSync(VERSIONS, known);
}

/** Why a commit failed: LMDB says so by a promise beside the error, which must not stay unread. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error;
  try {
    await error.commitError;
    return error;
  } catch (cause) {
    return cause;
  }
}

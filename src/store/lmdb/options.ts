import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { ActorsError } from '../../base/errors.ts';
import type { Migrate } from '../codec/recordCodec.ts';

/** How a store on the disk is kept: the options of `openLmdbStore`. */
export interface LmdbStoreOptions {
  /**
   * A folder of the store's own; made, for its owner alone, where there is none. Not on a network
   * drive: LMDB maps the file into memory.
   */
  readonly path: string;
  /**
   * Refuses to open, with `store-locked`, while another process of this machine has the folder open:
   * two would wake the same session twice. A process that was killed no longer has it open. `false`
   * is for programs that only look.
   * @default true
   */
  readonly exclusive?: boolean;
  /**
   * Most bytes of one stored record: the state, the handshake, locals and what `onSleep` returned.
   * A larger record is refused with `state-too-large`.
   * @default 2 MiB
   */
  readonly maxRecordBytes?: number;
  /** Most bytes that wait for the disk; a write beyond is `store-unavailable`. @default 64 MiB */
  readonly maxWaitingBytes?: number;
  /** Most unreadable records and rows kept aside; the oldest are dropped first. @default 100 */
  readonly maxAside?: number;
  /**
   * Makes a record of an older format one of the present format. Without it, or when it throws,
   * the record counts as corrupt. Releases that read older formats by themselves do not need it.
   */
  readonly migrate?: Migrate;
}

/** What {@link LmdbStoreOptions} knows. */
const LMDB_STORE_NAMES: NamesOf<LmdbStoreOptions> = {
  path: true,
  exclusive: true,
  maxRecordBytes: true,
  maxWaitingBytes: true,
  maxAside: true,
  migrate: true,
};

export const LMDB_DEFAULTS = {
  exclusive: true,
  maxRecordBytes: 2 * 2 ** 20,
  maxWaitingBytes: 64 * 2 ** 20,
  maxAside: 100,
} as const;

export type CheckedOptions = Required<Omit<LmdbStoreOptions, 'migrate'>> &
  Pick<LmdbStoreOptions, 'migrate'>;

/** @throws ActorsError `bad-option` */
export function checkLmdbOptions(options: LmdbStoreOptions): CheckedOptions {
  checkNames('openLmdbStore', options, LMDB_STORE_NAMES);
  const checked = { ...LMDB_DEFAULTS, ...options };
  const { path, exclusive, migrate } = checked;
  if (typeof path !== 'string' || path === '') refuse('path', 'the path of a folder', path);
  if (typeof exclusive !== 'boolean') refuse('exclusive', 'true or false', exclusive);
  if (migrate !== undefined && typeof migrate !== 'function') {
    refuse('migrate', 'a function', migrate);
  }
  for (const name of ['maxRecordBytes', 'maxWaitingBytes', 'maxAside'] as const) {
    const value = checked[name];
    if (!Number.isSafeInteger(value) || value < 1) refuse(name, 'an integer above 0', value);
  }
  return checked;
}

function refuse(name: string, expected: string, value: unknown): never {
  const came = typeof value === 'number' ? String(value) : typeof value;
  throw new ActorsError('bad-option', `${name} takes ${expected}, not ${came}`);
}

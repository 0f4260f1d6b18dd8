import { ActorsError } from '../base/errors.ts';
import { fingerprint } from '../store/codec/fingerprint.ts';
import { encodeRecord } from '../store/codec/recordCodec.ts';
import { encodeRow } from '../store/codec/rowCodec.ts';
import { encodeTime } from '../store/codec/timeCodec.ts';
import type { SessionRecord } from '../store/record.ts';
import type { StoreChange, StoreTime } from '../store/store.ts';
import type { Arg } from './client.ts';
import type { Sealer } from '../store/codec/sealer.ts';

/** Bytes that a change counts beside those of its record or row. */
const OVERHEAD = 128;

/** Changes as a script takes them. */
export interface Encoded {
  readonly args: readonly Arg[];
  readonly changes: number;
  readonly bytes: number;
  /** They take no room, and are made where there is none. */
  readonly isFreeing: boolean;
}

/** An id or a principal as it is in names of keys. */
export function printOf(text: string): string {
  return fingerprint(text).toString('base64url');
}

/** Where the record of a session is, and its rows: what is sealed is sealed for that place. */
export function recordPlace(prefix: string, session: string): string {
  return `${prefix}{${session}}s`;
}

export function rowPlace(prefix: string, session: string, n: number | string): string {
  return `${prefix}{${session}}r ${n}`;
}

/** A number as Redis takes it. */
export function scoreOf(number: number): string {
  return String(number).replace('Infinity', 'inf');
}

export function encodedTime(time: StoreTime): Encoded {
  const bytes = encodeTime(time);
  const args = ['time', '', '', bytes];
  return { args, changes: 1, bytes: OVERHEAD + bytes.length, isFreeing: false };
}

/** Writes the changes of a store, or of a part of it, as a script takes them. */
export class ChangeEncoder {
  readonly #prefix: string;
  readonly #sealer: Sealer;
  readonly #maxRecordBytes: number;

  constructor(prefix: string, sealer: Sealer, maxRecordBytes: number) {
    this.#prefix = prefix;
    this.#sealer = sealer;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** @throws ActorsError `state-too-large` @throws Error when a value can not be cloned */
  encode(changes: readonly StoreChange[]): Encoded {
    const all = changes.map((change) => this.#argsOf(change));
    const sizes = all.map((args) => OVERHEAD + bytesIn(args));
    return {
      args: all.flat(),
      changes: all.length,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
      isFreeing: all.every(([what]) => what === 'remove' || what === 'erase'),
    };
  }

  #argsOf(change: StoreChange): readonly Arg[] {
    if (change.type === 'put') return this.#put(change.record);
    const session = printOf(change.id);
    if (change.type === 'remove') return ['remove', this.#prefix, session];
    const { n, row } = change;
    if (row === undefined) return ['erase', this.#prefix, session, n];
    const place = rowPlace(this.#prefix, session, n);
    const bytes = this.#sealer.seal(session, place, encodeRow(row));
    return ['row', this.#prefix, session, n, bytes];
  }

  #put(record: SessionRecord): readonly Arg[] {
    const { id, key, principal, expiresAt } = record;
    const plain = encodeRecord(record);
    const most = this.#maxRecordBytes;
    if (plain.length > most) {
      const found = `The record of session ${key} has ${plain.length} bytes`;
      throw new ActorsError('state-too-large', `${found}, more than maxRecordBytes (${most})`);
    }
    const session = printOf(id);
    const bytes = this.#sealer.seal(session, recordPlace(this.#prefix, session), plain);
    const owner = principal === undefined ? '' : printOf(principal);
    return ['put', this.#prefix, session, scoreOf(expiresAt), owner, bytes];
  }
}

function bytesIn(args: readonly Arg[]): number {
  return args.reduce<number>((sum, arg) => sum + (Buffer.isBuffer(arg) ? arg.length : 0), 0);
}

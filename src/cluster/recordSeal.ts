import { END_REASONS } from '../../machines/session.ts';
import { ActorsError } from '../base/errors.ts';
import type { Ending } from '../directory/whereabouts.ts';
import { fingerprint } from '../store/codec/fingerprint.ts';
import { decodeRecord, encodeRecord } from '../store/codec/recordCodec.ts';
import { decodeRow, encodeRow } from '../store/codec/rowCodec.ts';
import { type Sealer, sealerOf } from '../store/codec/sealer.ts';
import type { Rows, SessionRecord } from '../store/record.ts';
import type { StoredRow } from './engine.ts';

/** An id or a principal as the engine knows it. */
export function printOf(text: string): string {
  return fingerprint(text).toString('base64url');
}

export interface RecordSealOptions {
  /** The name of the cluster: what is sealed for another one does not open. */
  readonly cluster: string;
  readonly secrets: readonly string[];
  readonly maxRecordBytes: number;
}

/** Makes records and rows unreadable to the engine: sealed, each for its own place. */
export class RecordSeal {
  readonly #sealer: Sealer;
  readonly #cluster: string;
  readonly #maxRecordBytes: number;

  constructor({ cluster, secrets, maxRecordBytes }: RecordSealOptions) {
    this.#sealer = sealerOf(secrets, 'mcp-actors/cluster');
    this.#cluster = cluster;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** @throws ActorsError `state-too-large` @throws Error when a value can not be cloned */
  record(print: string, record: SessionRecord): Buffer {
    const plain = encodeRecord(record);
    const most = this.#maxRecordBytes;
    if (plain.length > most) {
      const found = `The record of session ${record.key} has ${plain.length} bytes`;
      throw new ActorsError('state-too-large', `${found}, more than maxRecordBytes (${most})`);
    }
    return this.#sealer.seal(print, this.#place(print), plain);
  }

  row(print: string, n: number, row: string): Buffer {
    return this.#sealer.seal(print, this.#place(print, n), encodeRow(row));
  }

  /** What is left of a session that has ended: why, and whose it was. */
  tombstone(print: string, ending: Ending): Buffer {
    const { reason, principal } = ending;
    const plain = Buffer.from(JSON.stringify({ reason, principal }));
    return this.#sealer.seal(print, this.#tomb(print), plain);
  }

  /** How a session ended; `undefined` where that can not be read here. */
  openTombstone(print: string, bytes: Buffer): Ending | undefined {
    try {
      const plain = this.#sealer.open(print, this.#tomb(print), bytes);
      const { reason, principal } = JSON.parse(plain.toString()) as Record<string, unknown>;
      const known = END_REASONS.find((each) => each === reason);
      const isRead = principal === undefined || typeof principal === 'string';
      return known === undefined || !isRead ? undefined : { reason: known, principal };
    } catch {
      // Sealed with another secret, or by another release: nobody has to know.
      return undefined;
    }
  }

  /** @throws ActorsError `secret-unknown`, `store-unavailable` of a newer release, `record-corrupt` */
  openRecord(print: string, bytes: Buffer): SessionRecord {
    return readable(() =>
      decodeRecord(this.#sealer.open(print, this.#place(print), bytes), undefined),
    );
  }

  /** Rows with a gap are of no use: where one can not be read, there are none. */
  openRows(print: string, rows: readonly StoredRow[]): Rows {
    try {
      return rows
        .map(({ n, bytes }) => ({
          n,
          row: decodeRow(this.#sealer.open(print, this.#place(print, n), bytes)),
        }))
        .toSorted((a, b) => a.n - b.n);
    } catch {
      return [];
    }
  }

  #tomb(print: string): string {
    return `${this.#place(print)} ended`;
  }

  #place(print: string, n?: number): string {
    return n === undefined ? `${this.#cluster} ${print}` : `${this.#cluster} ${print} ${n}`;
  }
}

/** @throws ActorsError */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    // Somebody else can read it: with another secret, or a newer release.
    if (cause instanceof ActorsError) throw cause;
    throw new ActorsError('record-corrupt', 'What is stored of a session can not be read', {
      cause,
    });
  }
}

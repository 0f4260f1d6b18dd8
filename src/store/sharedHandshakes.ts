import type { HandshakeRecord } from './record.ts';

/** The handshakes of sleeping sessions, each kept once: clients of one kind say the same. */
export class SharedHandshakes {
  readonly #shared = new Map<string, { readonly record: HandshakeRecord; users: number }>();
  #bytes = 0;

  /** Bytes of all handshakes, as JSON text. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One more session sleeps. @returns the handshake to keep in its record */
  take(record: HandshakeRecord): HandshakeRecord {
    const text = JSON.stringify(record);
    const known = this.#shared.get(text);
    if (known !== undefined) {
      known.users++;
      return known.record;
    }
    this.#shared.set(text, { record, users: 1 });
    this.#bytes += text.length;
    return record;
  }

  /** One session fewer sleeps with this handshake. */
  give(record: HandshakeRecord): void {
    const text = JSON.stringify(record);
    const known = this.#shared.get(text);
    if (known === undefined || --known.users > 0) return;
    this.#shared.delete(text);
    this.#bytes -= text.length;
  }

  clear(): void {
    this.#shared.clear();
    this.#bytes = 0;
  }
}

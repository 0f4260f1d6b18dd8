import type { HandshakeRecord } from './record.ts';

interface Shared {
  readonly record: HandshakeRecord;
  users: number;
}

/**
 * The handshakes of those asleep, each kept once: clients of one kind say the same of themselves.
 */
export class SharedHandshakes {
  readonly #shared = new Map<string, Shared>();
  #bytes = 0;

  /** Of all of them, as JSON text. */
  get bytes(): number {
    return this.#bytes;
  }

  /** One more asleep: the handshake to keep for it. */
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

  /** One fewer. */
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

import { Tally } from '../base/tally.ts';
import type { HandshakeRecord } from './record.ts';

interface Shared {
  readonly record: HandshakeRecord;
  readonly principal: string | undefined;
  users: number;
}

/** The handshakes of sleeping sessions, each kept once: clients of one kind say the same. */
export class SharedHandshakes {
  readonly #shared = new Map<string, Shared>();
  /** Bytes of the handshakes that each principal was the first to bring. */
  #brought = new Tally();
  #bytes = 0;

  /** Bytes of all handshakes, as JSON text. */
  get bytes(): number {
    return this.#bytes;
  }

  get brought(): Tally {
    return this.#brought;
  }

  /** One more session of a principal sleeps. @returns the handshake to keep in its record */
  take(record: HandshakeRecord, principal: string | undefined): HandshakeRecord {
    const text = JSON.stringify(record);
    const known = this.#shared.get(text);
    if (known !== undefined) {
      known.users++;
      return known.record;
    }
    this.#shared.set(text, { record, principal, users: 1 });
    this.#bytes += text.length;
    this.#brought.add(principal, text.length);
    return record;
  }

  /** One session fewer sleeps with this handshake. */
  give(record: HandshakeRecord): void {
    const text = JSON.stringify(record);
    const known = this.#shared.get(text);
    if (known === undefined || --known.users > 0) return;
    this.#shared.delete(text);
    this.#bytes -= text.length;
    this.#brought.add(known.principal, -text.length);
  }

  clear(): void {
    this.#shared.clear();
    this.#brought = new Tally();
    this.#bytes = 0;
  }
}

import type { ServerResponse } from 'node:http';
import type { NodePort } from '../../src/adapters/nodePort.ts';
import type { Ledger } from './ledger.ts';
import { LIMITS, type Setting } from './setting.ts';
import type { Asker } from './strictPort.ts';

interface Entry {
  readonly response: ServerResponse;
  readonly port: NodePort;
  readonly asker: Asker;
  /** The most of one text it was given. */
  largest: number;
  held: number;
  /** When its client last took something of it. */
  movedAt: number;
}

/** Of what is over: a socket may hold so much of a client that reads. */
const SMALL_BYTES = 16 * 1024;

/** What a head and the frames around a text take. */
const OVERHEAD = 1024;

/**
 * Every response there is, from its request until the last byte of it has left or its socket is
 * gone: whoever asked for it, and whatever the runtime still knows of it. Counts what node:http
 * holds, whatever its port says of itself, and what the port has not given to node:http yet.
 */
export class Census {
  readonly #entries = new Map<ServerResponse, Entry>();
  readonly #ledger: Ledger;

  readonly #whose: string;

  constructor(ledger: Ledger, { hasEventStore }: Setting) {
    this.#ledger = ledger;
    this.#whose = hasEventStore ? ', with an event store' : '';
  }

  add(response: ServerResponse, port: NodePort, asker: Asker): void {
    const entry = { response, port, asker, largest: 0, held: 0, movedAt: 0 };
    this.#entries.set(response, entry);
    response.once('finish', () => this.#entries.delete(response));
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A text was given to a response. */
  said(asker: Asker, bytes: number): void {
    for (const entry of this.#entries.values()) {
      if (entry.asker === asker) entry.largest = Math.max(entry.largest, bytes);
    }
  }

  /** The loop stands still: nobody can see that a client reads nothing. */
  stalled(ms: number): void {
    for (const entry of this.#entries.values()) entry.movedAt += ms;
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Holds the bounds against what is held. */
  review(now: number): void {
    const sessions = new Map<string, { held: number; allowed: number; largest: number }>();
    const users = new Map<string, { held: number; allowed: number; largest: number }>();
    const all = { held: 0, allowed: LIMITS.maxUnreadTotalBytes };
    let largest = 0;
    for (const entry of this.#entries.values()) {
      const { response, port, asker } = entry;
      if (response.req.socket.destroyed) {
        this.#entries.delete(response);
        continue;
      }
      const held = Math.max(response.writableLength, port.unread);
      if (held !== entry.held || held === 0) entry.movedAt = now;
      entry.held = held;
      if (held === 0) continue;
      // A live stream is counted with each event: it may be one event beyond what is allowed.
      const slack = OVERHEAD + (port.gone ? 0 : entry.largest);
      const name = holderOf(asker);
      const session = sessions.get(name) ?? { held: 0, allowed: LIMITS.maxUnreadBytes, largest: 0 };
      sessions.set(name, session);
      session.held += held;
      // Whatever the client reads now is not cut, however large.
      session.allowed += slack + Math.max(entry.largest - session.largest, 0);
      session.largest = Math.max(entry.largest, session.largest);
      const allowed = LIMITS.maxUnreadBytesPerPrincipal;
      const user = users.get(asker.user) ?? { held: 0, allowed, largest: 0 };
      // The anonymous have no share.
      if (asker.user !== 'nobody') users.set(asker.user, user);
      user.held += held;
      user.allowed += slack;
      user.largest = Math.max(entry.largest, user.largest);
      all.held += held;
      all.allowed += slack;
      largest = Math.max(largest, entry.largest);
      this.#progress(entry, now);
    }
    for (const [name, { held, allowed }] of sessions) {
      this.#ledger.check(held <= allowed, () => {
        return `holds ${held} bytes, of ${allowed}: ${name}${this.#whose}`;
      });
    }
    for (const [name, { held, allowed, largest: most }] of users) {
      this.#ledger.check(held <= allowed + most, () => {
        return `holds ${held} bytes, of ${allowed}: ${name}${this.#whose}`;
      });
    }
    const { held, allowed } = all;
    this.#ledger.check(held <= allowed + largest, () => {
      return `holds ${held} bytes, of ${allowed}: all${this.#whose}`;
    });
  }

  /** What is over and not read is dropped in time. */
  #progress({ port, asker, held, movedAt }: Entry, now: number): void {
    if (!port.gone || held < SMALL_BYTES) return;
    const late = now - movedAt - 2 * LIMITS.unreadTimeoutMs;
    this.#ledger.check(
      late <= 0,
      () => `${held} bytes of ${holderOf(asker)} are late by ${late} ms`,
    );
  }
}

/** Whose bytes a response holds. */
function holderOf({ task, by, home, sid, user }: Asker): string {
  return task ?? by ?? home ?? sid ?? `handshakes of ${user}`;
}

import { systemClock } from '../base/clock.ts';
import { Ring } from '../base/ring.ts';
import type { Session } from '../session/session.ts';

/** Something the server behind a session said outside the protocol, or the gateway about it. */
export interface GatewayLogEntry {
  readonly at: number;
  readonly source: 'stderr' | 'stdout' | 'gateway';
  readonly text: string;
}

/** For the operator alone: nothing of it ever goes to a client. */
export interface GatewayLog {
  /** The last ones, oldest first. */
  readonly entries: readonly GatewayLogEntry[];
  /** What the server put on its stdout that is no message of the protocol, since the session began. */
  readonly skipped: number;
  /** The process that serves the session; `undefined` where it is a remote server, or none runs. */
  readonly pid: number | undefined;
}

/** Is told each entry as it is written. */
export type GatewayLogListener = (entry: GatewayLogEntry, session: Session) => void;

/** Longest text of an entry, in characters. */
export const MAX_ENTRY_LENGTH = 2048;

const logs = new WeakMap<Session, SessionLog>();

/** What the server behind a session wrote to its stderr; `undefined` for sessions of no gateway. */
export function gatewayLog(session: Session): GatewayLog | undefined {
  return logs.get(session);
}

/** One session's ring: it stays when a crashed server is replaced by the next. */
export class SessionLog implements GatewayLog {
  skipped = 0;
  pid: number | undefined;
  readonly #session: Session;
  readonly #ring: Ring<GatewayLogEntry>;
  readonly #listener: GatewayLogListener | undefined;

  private constructor(session: Session, maxEntries: number, listener?: GatewayLogListener) {
    this.#session = session;
    this.#ring = new Ring(maxEntries);
    this.#listener = listener;
  }

  static of(session: Session, maxEntries: number, listener?: GatewayLogListener): SessionLog {
    const known = logs.get(session);
    if (known !== undefined) return known;
    const log = new SessionLog(session, maxEntries, listener);
    logs.set(session, log);
    return log;
  }

  /** The key of the session it is about. */
  get key(): string {
    return this.#session.key;
  }

  get entries(): readonly GatewayLogEntry[] {
    return this.#ring.toArray();
  }

  write(source: GatewayLogEntry['source'], text: string): void {
    const isLong = text.length > MAX_ENTRY_LENGTH;
    const entry = { at: systemClock.now(), source, text: isLong ? beginning(text) : text };
    this.#ring.push(entry);
    this.#listener?.(entry, this.#session);
  }

  /** The server said something on its stdout that is no message. */
  skip(text: string): void {
    this.skipped++;
    this.write('stdout', text);
  }
}

/** A copy: a mere slice would keep the whole text in memory for as long as the entry is kept. */
function beginning(text: string): string {
  return `${Buffer.from(text.slice(0, MAX_ENTRY_LENGTH)).toString()}…`;
}

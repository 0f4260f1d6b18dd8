import { systemClock } from '../base/clock.ts';
import { Ring } from '../base/ring.ts';
import type { Session } from '../session/session.ts';

/** What the server behind a session said outside the protocol, or the gateway about that server. */
export interface GatewayLogEntry {
  readonly at: number;
  readonly source: 'stderr' | 'stdout' | 'gateway';
  readonly text: string;
}

/** A gateway's log of one session, for the operator alone: nothing of it ever goes to a client. */
export interface GatewayLog {
  /** The last entries of the session, oldest first. */
  readonly entries: readonly GatewayLogEntry[];
  /** Lines of the server's stdout that are no messages, since the session began. */
  readonly skipped: number;
  /** The child process of the session; `undefined` for a remote server, or while none runs. */
  readonly pid: number | undefined;
}

/** Told each entry of every session's log as it is written. */
export type GatewayLogListener = (entry: GatewayLogEntry, session: Session) => void;

/** Longest text of a log entry, in characters. */
export const MAX_ENTRY_LENGTH = 2048;

const logs = new WeakMap<Session, SessionLog>();

/** The log of a session, with its server's stderr; `undefined` for sessions of no gateway. */
export function gatewayLog(session: Session): GatewayLog | undefined {
  return logs.get(session);
}

/** The log of one session: kept when a crashed server is replaced by the next. */
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

  /** The key of the session whose log this is. */
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

  /** Logs a line of the server's stdout that is no message, and counts it. */
  skip(text: string): void {
    this.skipped++;
    this.write('stdout', text);
  }
}

/** Copies the beginning of a text: a mere slice would keep the whole text in memory. */
function beginning(text: string): string {
  return `${Buffer.from(text.slice(0, MAX_ENTRY_LENGTH)).toString()}…`;
}

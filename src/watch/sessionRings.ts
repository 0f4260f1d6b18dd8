import type { EndReason } from '../../machines/session.ts';
import { ActorsError } from '../base/errors.ts';
import type { DeadLetter, RuntimeEvents, Transition } from '../events/events.ts';
import type { Runtime } from '../runtime.ts';

/** What {@link SessionRings} keeps at most. */
export interface RingLimits {
  /** Transitions, messages and dead letters of one session: so many of each. @default 64 */
  readonly maxEntries: number;
  /** Sessions that have not ended. The one not heard of for longest goes first. @default 1000 */
  readonly maxSessions: number;
  /** Sessions that have ended. @default 100 */
  readonly maxEnded: number;
  /** All of it, as estimated: ended sessions go first. @default 16 MiB */
  readonly maxBytes: number;
  /** The text of a message, where it is announced; a longer one is left out. @default 16 KiB */
  readonly maxTextBytes: number;
}

/** The last of what happened to one session, oldest first. */
export interface SessionRing {
  readonly session: string;
  readonly transitions: readonly Transition[];
  readonly messages: readonly RuntimeEvents['message'][];
  readonly deadLetters: readonly DeadLetter[];
  /** Why it ended, once it has. */
  readonly ended: EndReason | undefined;
}

type Entry = Transition | RuntimeEvents['message'] | DeadLetter;

interface Kept {
  readonly transitions: Transition[];
  readonly messages: RuntimeEvents['message'][];
  readonly deadLetters: DeadLetter[];
  ended: EndReason | undefined;
  bytes: number;
}

const DEFAULTS: RingLimits = {
  maxEntries: 64,
  maxSessions: 1000,
  maxEnded: 100,
  maxBytes: 16 * 1024 * 1024,
  maxTextBytes: 16 * 1024,
};

/** What an object with its strings takes about; text and method names come on top. */
const SESSION_BYTES = 512;
const ENTRY_BYTES = 192;

/**
 * Remembers the last events of each session from now on, for those who come later: an inspector that
 * is opened, a report that is written. Costs a listener of every message and transition for as long
 * as it is not closed.
 */
export class SessionRings {
  readonly #limits: RingLimits;
  /** By key, the one heard of last at the end. */
  readonly #live = new Map<string, Kept>();
  readonly #ended = new Map<string, Kept>();
  readonly #stops: (() => void)[];
  #bytes = 0;

  /** @throws ActorsError `bad-option` for a limit that is not an integer above 0 */
  constructor({ on }: Pick<Runtime, 'on'>, limits: Partial<RingLimits> = {}) {
    this.#limits = { ...DEFAULTS, ...limits };
    for (const [name, value] of Object.entries(this.#limits)) {
      if (Number.isSafeInteger(value) && value > 0) continue;
      throw new ActorsError('bad-option', `${name} must be an integer > 0, got ${value}`);
    }
    this.#stops = [
      on('session.transition', (event) => {
        this.#push(event.session, ({ transitions }) => transitions, event);
      }),
      on('message', (event) => {
        const isLong = (event.text?.length ?? 0) > this.#limits.maxTextBytes;
        const kept = isLong ? { ...event, text: undefined } : event;
        this.#push(event.session, ({ messages }) => messages, kept);
      }),
      on('deadletter', (event) => {
        this.#push(event.session, ({ deadLetters }) => deadLetters, event);
      }),
      on('session.ended', ({ session, reason }) => this.#end(session, reason)),
    ];
  }

  /** What is known of a session, by its key. */
  of(session: string): SessionRing | undefined {
    const kept = this.#live.get(session) ?? this.#ended.get(session);
    if (kept === undefined) return undefined;
    const { transitions, messages, deadLetters, ended } = kept;
    return {
      session,
      transitions: [...transitions],
      messages: [...messages],
      deadLetters: [...deadLetters],
      ended,
    };
  }

  /** The keys of the sessions it knows: those that ended, then the others. */
  get sessions(): string[] {
    return [...this.#ended.keys(), ...this.#live.keys()];
  }

  /** What it takes, as estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Stops listening and forgets everything. */
  close(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#live.clear();
    this.#ended.clear();
    this.#bytes = 0;
  }

  #push<E extends Entry>(session: string, ringOf: (kept: Kept) => E[], event: E): void {
    const kept = this.#touch(session);
    const ring = ringOf(kept);
    ring.push(event);
    this.#grow(kept, bytesOf(event));
    const dropped = ring.length > this.#limits.maxEntries ? ring.shift() : undefined;
    if (dropped !== undefined) this.#grow(kept, -bytesOf(dropped));
    this.#fit();
  }

  #touch(session: string): Kept {
    const known = this.#live.get(session) ?? this.#ended.get(session);
    if (known?.ended !== undefined) return known;
    const kept = known ?? {
      transitions: [],
      messages: [],
      deadLetters: [],
      ended: undefined,
      bytes: 0,
    };
    if (known === undefined) this.#grow(kept, SESSION_BYTES);
    this.#live.delete(session);
    this.#live.set(session, kept);
    return kept;
  }

  #end(session: string, reason: EndReason): void {
    const kept = this.#touch(session);
    kept.ended = reason;
    this.#live.delete(session);
    this.#ended.set(session, kept);
    this.#fit();
  }

  #fit(): void {
    const { maxSessions, maxEnded, maxBytes } = this.#limits;
    if (this.#ended.size > maxEnded) this.#forgetFirst(this.#ended);
    if (this.#live.size > maxSessions) this.#forgetFirst(this.#live);
    while (this.#bytes > maxBytes) {
      this.#forgetFirst(this.#ended.size > 0 ? this.#ended : this.#live);
    }
  }

  #forgetFirst(sessions: Map<string, Kept>): void {
    for (const [session, { bytes }] of sessions) {
      sessions.delete(session);
      this.#bytes -= bytes;
      return;
    }
  }

  #grow(kept: Kept, bytes: number): void {
    kept.bytes += bytes;
    this.#bytes += bytes;
  }
}

function bytesOf(event: Entry): number {
  const method = 'method' in event ? (event.method ?? '') : '';
  const text = 'text' in event ? (event.text ?? '') : '';
  return ENTRY_BYTES + 2 * (method.length + text.length);
}

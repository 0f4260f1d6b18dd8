import type { DeadLetterReason, Escape } from './events.ts';
import type { Limits } from '../base/limits.ts';
import type { Services } from './services.ts';
import { targetOf } from './targetOf.ts';
import {
  kindOf,
  type Message,
  type MessageKind,
  type NotificationMessage,
} from '../wire/jsonrpc.ts';
import { textOf } from '../wire/verbatim.ts';

/** One line of a session's RPC log: the type and size of a message, never what was in it. */
export interface LogEntry {
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly kind: MessageKind;
  readonly method: string | undefined;
  /** Length of the message's JSON text; 0 where the message was never text. */
  readonly bytes: number;
}

/** The last progress that the server of a request in flight has told. */
export interface ProgressEntry {
  readonly token: string | number;
  readonly progress: number;
  readonly total: number | undefined;
  readonly at: number;
}

const KINDS: readonly MessageKind[] = ['request', 'notification', 'response'];
const CODES: Readonly<Record<MessageKind, number>> = { request: 0, notification: 2, response: 4 };

/** Cells of one entry: offset in time, direction and kind, method, bytes. */
const STRIDE = 4;

/**
 * A session's RPC log, flat: an entry is four cells of one array and no object, because every
 * session holds some and every message writes one.
 */
class Log {
  readonly #max: number;
  readonly #since: number;
  #cells: (number | string | undefined)[] = [];
  #next = 0;

  /** @param since when the log began, in ms since the runtime began: small integers all */
  constructor(max: number, since: number) {
    this.#max = max * STRIDE;
    this.#since = since;
  }

  push(
    at: number,
    direction: 'in' | 'out',
    kind: MessageKind,
    method: string | undefined,
    bytes: number,
  ): void {
    const cells = this.#cells;
    const first = this.#next;
    cells[first] = at - this.#since;
    cells[first + 1] = CODES[kind] + (direction === 'out' ? 1 : 0);
    cells[first + 2] = method;
    cells[first + 3] = bytes;
    this.#next = first + STRIDE === this.#max ? 0 : first + STRIDE;
  }

  /** Gives back the room that an array keeps to grow into. */
  trim(): void {
    this.#cells = this.#cells.slice();
  }

  /** @param began when the runtime began */
  toArray(began: number): LogEntry[] {
    const cells = this.#cells;
    const start = cells.length === this.#max ? this.#next : 0;
    const entries: LogEntry[] = [];
    for (let i = 0; i < cells.length; i += STRIDE) {
      const first = (start + i) % this.#max;
      const code = cells[first + 1] as number;
      entries.push({
        at: began + this.#since + (cells[first] as number),
        direction: code % 2 === 0 ? 'in' : 'out',
        kind: KINDS[Math.floor(code / 2)]!,
        method: cells[first + 2] as string | undefined,
        bytes: cells[first + 3] as number,
      });
    }
    return entries;
  }
}

/** The journal of one session: its RPC log, and its share of the runtime's counters and events. */
export class Journal {
  readonly #services: Services;
  readonly #key: string;
  #log: Log | null = null;

  constructor(services: Services, key: string) {
    this.#services = services;
    this.#key = key;
  }

  get log(): LogEntry[] {
    return this.#log?.toArray(this.#services.deadlines.began) ?? [];
  }

  /**
   * Logs a message that passed the mailbox.
   *
   * @param named the message that has the method: of an answer, its request
   * @param said the message, or its JSON
   */
  saw(
    direction: 'in' | 'out',
    kind: MessageKind,
    named: Pick<NotificationMessage, 'method' | 'params'> | undefined,
    bytes: number,
    said: Message | string,
  ): void {
    const { announceContent, clock, deadlines, events, limits } = this.#services;
    const now = clock.now();
    const since = now - deadlines.began;
    const method = named?.method;
    this.#log ??= new Log(limits.maxLogEntries, since);
    this.#log.push(since, direction, kind, method, bytes);
    if (!events.watchesMessages) return;
    const target = named && (() => targetOf(named));
    const message = { at: now, session: this.#key, direction, kind, method, target, bytes };
    if (!announceContent) events.emit('message', message);
    else {
      // As text, not by reference: a listener must not be able to change a message on its way.
      const text = typeof said === 'string' ? said : textOf(said);
      events.emit('message', { ...message, text });
    }
  }

  /** The session comes to rest: the log gives back room it does not need. */
  rest(): void {
    this.#log?.trim();
  }

  /** Counts and announces a message that can not be delivered (law 5). */
  deadLetter(direction: 'in' | 'out', message: Message, reason: DeadLetterReason): void {
    const { clock, events, counters, deadLetters } = this.#services;
    const letter = {
      at: clock.now(),
      session: this.#key,
      direction,
      ...kindOf(message),
      reason,
    };
    counters.deadLetters[reason]++;
    deadLetters.push(letter);
    events.emit('deadletter', letter);
  }

  /** Counts and announces that the session met a limit. */
  tripped(limit: keyof Limits): void {
    this.#services.tripped(limit, this.#key);
  }

  /** Counts and announces what outlived its session, or the time it was given. */
  orphan(what: 'resource' | 'handler' | 'server', error?: unknown): void {
    this.#services.counters.orphans++;
    this.#services.events.emit('session.orphan', { session: this.#key, what, error });
  }

  /** Announces an error that escaped code of the session, and is not blamed on the session. */
  escaped(error: unknown, why: Escape): void {
    this.#services.escaped(error, why, why === 'defect' ? undefined : this.#key);
  }

  high(mark: 'inFlight' | 'queue' | 'stash', value: number): void {
    const { highWater } = this.#services.counters;
    if (value > highWater[mark]) highWater[mark] = value;
  }
}

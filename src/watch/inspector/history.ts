import { Ring } from '../../base/ring.ts';
import type { Line, Numbered } from './lines.ts';
import type { InspectorLimits } from './options.ts';

/** Lines kept of one session. */
interface SessionHistory {
  readonly life: Ring<Numbered>;
  readonly messages: Ring<Numbered>;
}

type HistoryLimits = Pick<InspectorLimits, 'maxTransitions' | 'maxMessages' | 'maxEntries'>;

/**
 * Keeps the last lines of every session, for viewers that come late: bounded for one session's
 * life, for its messages, and for all sessions together. At the last bound, the session that was
 * quiet for longest is forgotten.
 */
export class History {
  readonly #limits: HistoryLimits;
  /** Histories by session key, the least recently written first. */
  readonly #sessions = new Map<string, SessionHistory>();
  readonly #house: Ring<Numbered>;
  /** Lines kept of all sessions together. */
  entries = 0;
  #n = 0;

  constructor(limits: HistoryLimits) {
    this.#limits = limits;
    this.#house = new Ring(limits.maxMessages);
  }

  write(line: Line): void {
    const numbered = { n: ++this.#n, line };
    const { session } = line as { session?: string };
    if (session === undefined) return this.#house.push(numbered);
    const { maxTransitions, maxMessages, maxEntries } = this.#limits;
    const history = this.#sessions.get(session) ?? {
      life: new Ring<Numbered>(maxTransitions),
      messages: new Ring<Numbered>(maxMessages),
    };
    this.#sessions.delete(session);
    this.#sessions.set(session, history);
    const isMessage = line.type === 'message' || line.type === 'upstream';
    this.entries -= sizeOf(history);
    (isMessage ? history.messages : history.life).push(numbered);
    this.entries += sizeOf(history);
    for (const [oldest, forgotten] of this.#sessions) {
      if (this.entries <= maxEntries) break;
      this.#sessions.delete(oldest);
      this.entries -= sizeOf(forgotten);
    }
  }

  /** Lines of a session after a number, in order. */
  of(session: string, after: number): Numbered[] {
    const history = this.#sessions.get(session);
    return history === undefined ? [] : inOrder(linesOf(history), after);
  }

  /** All lines kept, in order. */
  all(): Numbered[] {
    const lines = [...this.#sessions.values()].flatMap(linesOf);
    return inOrder([...lines, ...this.#house.toArray()], 0);
  }
}

function sizeOf({ life, messages }: SessionHistory): number {
  return life.size + messages.size;
}

function linesOf({ life, messages }: SessionHistory): Numbered[] {
  return [...life.toArray(), ...messages.toArray()];
}

function inOrder(lines: Numbered[], after: number): Numbered[] {
  return lines.filter(({ n }) => n > after).toSorted((a, b) => a.n - b.n);
}

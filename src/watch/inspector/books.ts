import { Ring } from '../../base/ring.ts';
import type { Line, Numbered } from './lines.ts';

/** What is kept of one session. */
interface Book {
  readonly life: Ring<Numbered>;
  readonly messages: Ring<Numbered>;
  entries: number;
}

export interface BookLimits {
  readonly maxTransitions: number;
  readonly maxMessages: number;
  readonly maxEntries: number;
}

/**
 * The last lines of every session, for viewers who come late: so many of its life, so many of its
 * messages, so many of all together. Where that is too much, the session that was quiet for longest
 * is forgotten.
 */
export class Books {
  readonly #limits: BookLimits;
  /** Least recently written first. */
  readonly #books = new Map<string, Book>();
  readonly #house: Ring<Numbered>;
  #entries = 0;
  #n = 0;

  constructor(limits: BookLimits) {
    this.#limits = limits;
    this.#house = new Ring(limits.maxMessages);
  }

  get entries(): number {
    return this.#entries;
  }

  write(line: Line): void {
    const numbered = { n: ++this.#n, line };
    const { session } = line as { session?: string };
    if (session === undefined) return this.#house.push(numbered);
    const { maxTransitions, maxMessages, maxEntries } = this.#limits;
    const book = this.#books.get(session) ?? {
      life: new Ring<Numbered>(maxTransitions),
      messages: new Ring<Numbered>(maxMessages),
      entries: 0,
    };
    this.#books.delete(session);
    this.#books.set(session, book);
    const isMessage = line.type === 'message' || line.type === 'upstream';
    (isMessage ? book.messages : book.life).push(numbered);
    const entries = book.life.size + book.messages.size;
    this.#entries += entries - book.entries;
    book.entries = entries;
    while (this.#entries > maxEntries) this.#forgetOldest();
  }

  /** Lines of a session after a number, in order. */
  of(session: string, after: number): Numbered[] {
    const book = this.#books.get(session);
    return book === undefined ? [] : inOrder(linesOf(book), after);
  }

  /** All there is, in order. */
  all(): Numbered[] {
    const books = [...this.#books.values()].flatMap(linesOf);
    return inOrder([...books, ...this.#house.toArray()], 0);
  }

  #forgetOldest(): void {
    for (const [session, { entries }] of this.#books) {
      this.#books.delete(session);
      this.#entries -= entries;
      return;
    }
  }
}

function linesOf({ life, messages }: Book): Numbered[] {
  return [...life.toArray(), ...messages.toArray()];
}

function inOrder(lines: Numbered[], after: number): Numbered[] {
  return lines.filter(({ n }) => n > after).toSorted((a, b) => a.n - b.n);
}

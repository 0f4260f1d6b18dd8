import { ActorsError } from '../errors.ts';

/** Something a server asked that a person must answer: an elicitation, a sampling request. */
export interface OpenQuestion {
  readonly id: number;
  readonly kind: string;
  readonly params: unknown;
  readonly askedAt: number;
}

interface Waiting {
  readonly question: OpenQuestion;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The open questions of one scope. Only that scope can list them, and only it can answer. */
export class Inbox {
  readonly #max: number;
  readonly #waiting = new Map<number, Waiting>();
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get questions(): OpenQuestion[] {
    return Array.from(this.#waiting.values(), ({ question }) => question);
  }

  /**
   * Waits for an answer, until `signal` aborts.
   *
   * @throws ActorsError `inbox-full`; whatever the signal's reason is
   */
  ask(
    kind: string,
    params: unknown,
    askedAt: number,
    signal: AbortSignal | undefined,
  ): { question: OpenQuestion; answer: Promise<unknown> } {
    if (this.#waiting.size >= this.#max) {
      throw new ActorsError('inbox-full', `a scope has at most ${this.#max} open questions`);
    }
    signal?.throwIfAborted();
    const question = { id: ++this.#count, kind, params, askedAt };
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(question.id, { question, resolve, reject });
    });
    const onAbort = (): void => this.#fail(question.id, asError(signal?.reason));
    signal?.addEventListener('abort', onAbort, { once: true });
    const forget = (): void => signal?.removeEventListener('abort', onAbort);
    answer.then(forget, forget);
    return { question, answer };
  }

  /** `false`: there is no such question any more. */
  answer(id: number, value: unknown): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    this.#waiting.delete(id);
    waiting.resolve(value);
    return true;
  }

  /** Nobody will answer any more. */
  close(): void {
    for (const id of this.#waiting.keys()) {
      this.#fail(id, new ActorsError('session-over', 'the scope ended before the answer'));
    }
  }

  #fail(id: number, error: Error): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.reject(error);
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}

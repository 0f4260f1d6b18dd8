import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';

/** Something that only a person can answer: an elicitation, a sampling request, an approval. */
export interface OpenQuestion {
  /** Names this question and no other, of no scope and at no time. */
  readonly id: string;
  readonly kind: string;
  readonly params: unknown;
  readonly askedAt: number;
}

export interface AskOptions<T> {
  /** Gives the question up: the `signal` of the request handler that asks. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Makes an answer of what came: a schema of zod, such as the SDK's own, or anything with `parse`.
   * What it throws goes to who answered, and the question stays open: answers come from a browser
   * and can be anything.
   */
  readonly schema?: { parse(answer: unknown): T };
}

/** A question, and whoever waits for its answer. */
export interface Waiting {
  readonly question: OpenQuestion;
  readonly parse: (answer: unknown) => unknown;
  readonly settle: (answer: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** What an inbox needs of its scope. */
export interface InboxHost {
  readonly key: string;
  readonly maxQuestions: number;
  readonly maxQuestionBytes: number;
  /** Questions nobody answers in time. */
  readonly unanswered: DeadlineQueue<Waiting>;
  now(): number;
  tripped(limit: 'maxQuestions' | 'maxQuestionBytes'): void;
}

/** The open questions of one scope. Only that scope can list them, and only it can answer. */
export class Inbox {
  readonly #host: InboxHost;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;
  #count = 0;
  #isClosed = false;

  constructor(host: InboxHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get questions(): OpenQuestion[] {
    return Array.from(this.#waiting.values(), ({ question }) => question);
  }

  /**
   * Waits for an answer, until `signal` aborts or nobody has answered in time.
   *
   * @returns also how to give it up
   * @throws ActorsError `inbox-full`, `session-over`; the signal's reason
   */
  ask<T>(
    kind: string,
    params: unknown,
    { signal, schema }: AskOptions<T>,
  ): { question: OpenQuestion; answer: Promise<T>; giveUp: (error: unknown) => void } {
    if (this.#isClosed) throw new ActorsError('session-over', 'the scope has ended');
    signal?.throwIfAborted();
    const bytes = this.#admit(params);
    const { key, unanswered } = this.#host;
    const question = { id: `${key}.${++this.#count}`, kind, params, askedAt: this.#host.now() };
    let fail!: Waiting['fail'];
    const answer = new Promise<T>((resolve, reject) => {
      const onAbort = (): void => fail(signal?.reason);
      const leave = (): void => {
        signal?.removeEventListener('abort', onAbort);
        unanswered.disarm(waiting);
        if (this.#waiting.delete(question.id)) this.#bytes -= bytes;
      };
      fail = (error) => {
        leave();
        reject(error);
      };
      const waiting: Waiting = {
        question,
        parse: (value) => (schema === undefined ? value : schema.parse(value)),
        settle: (value) => {
          leave();
          resolve(value as T);
        },
        fail,
      };
      signal?.addEventListener('abort', onAbort);
      this.#waiting.set(question.id, waiting);
      unanswered.arm(waiting);
    });
    this.#bytes += bytes;
    return { question, answer, giveUp: fail };
  }

  /**
   * `false`: there is no such question, or no longer.
   *
   * @throws whatever the question's `parse` throws
   */
  answer(id: string, value: unknown): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    const answer = waiting.parse(value);
    // `parse` is the application's and may have done anything meanwhile.
    if (this.#waiting.get(id) !== waiting) return false;
    waiting.settle(answer);
    return true;
  }

  /** Nobody will answer any more. */
  close(): void {
    this.#isClosed = true;
    for (const { fail } of this.#waiting.values()) {
      fail(new ActorsError('session-over', 'the scope ended before the answer'));
    }
  }

  #admit(params: unknown): number {
    const { maxQuestions, maxQuestionBytes } = this.#host;
    if (this.#waiting.size >= maxQuestions) {
      this.#host.tripped('maxQuestions');
      throw new ActorsError('inbox-full', `a scope has at most ${maxQuestions} open questions`);
    }
    const bytes = JSON.stringify(params)?.length ?? 0;
    if (this.#bytes + bytes > maxQuestionBytes) {
      this.#host.tripped('maxQuestionBytes');
      throw new ActorsError('inbox-full', `open questions have at most ${maxQuestionBytes} bytes`);
    }
    return bytes;
  }
}

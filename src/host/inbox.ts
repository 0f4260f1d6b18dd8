import type { Actor } from '../actor/actor.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import type { HostLimits } from './hostLimits.ts';

/** A question that only a person can answer: an elicitation, a sampling request, an approval. */
export interface OpenQuestion {
  /** Names this question and no other question of any scope at any time. */
  readonly id: string;
  readonly kind: string;
  readonly params: unknown;
  readonly askedAt: number;
}

export interface AskOptions<T> {
  /** Gives the question up when aborted: the `signal` of the request handler that asks. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Turns what the person sent into an answer: a schema of zod, such as the SDK's own, or anything
   * with `parse`. Answers come from a browser and can be anything: what `parse` throws goes to the
   * caller of `answer`, and the question stays open.
   */
  readonly schema?: { parse(answer: unknown): T };
}

/** A question, and how the call of `ask` that waits for its answer is settled. */
export interface Waiting {
  readonly question: OpenQuestion;
  readonly parse: (answer: unknown) => unknown;
  readonly settle: (answer: unknown) => void;
  readonly fail: (error: unknown) => void;
}

/** Keeps the open questions of one scope. Only that scope can list or answer them. */
export class Inbox {
  readonly #life: Pick<Actor, 'key' | 'services'>;
  readonly #limits: HostLimits;
  readonly #unanswered: DeadlineQueue<Waiting>;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;
  #count = 0;
  #isClosed = false;

  /** @param unanswered deadlines of the questions, which fail the late ones */
  constructor(
    life: Pick<Actor, 'key' | 'services'>,
    limits: HostLimits,
    unanswered: DeadlineQueue<Waiting>,
  ) {
    this.#life = life;
    this.#limits = limits;
    this.#unanswered = unanswered;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get questions(): OpenQuestion[] {
    return Array.from(this.#waiting.values(), ({ question }) => question);
  }

  /**
   * Opens a question, which waits for an answer until `signal` aborts or the answer is late.
   *
   * @returns the question, its answer, and how to give the question up
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
    const { key, services } = this.#life;
    const askedAt = services.clock.now();
    const question = { id: `${key}.${++this.#count}`, kind, params, askedAt };
    let fail!: Waiting['fail'];
    const answer = new Promise<T>((resolve, reject) => {
      const onAbort = (): void => fail(signal?.reason);
      const leave = (): void => {
        signal?.removeEventListener('abort', onAbort);
        this.#unanswered.disarm(waiting);
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
      this.#unanswered.arm(waiting);
    });
    this.#bytes += bytes;
    return { question, answer, giveUp: fail };
  }

  /**
   * Answers a question; `false` when no such question is open, or no longer.
   *
   * @throws whatever the question's `parse` throws
   */
  answer(id: string, value: unknown): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    const answer = waiting.parse(value);
    // `parse` is the application's: it may have answered or closed this question meanwhile.
    if (this.#waiting.get(id) !== waiting) return false;
    waiting.settle(answer);
    return true;
  }

  /** Fails every open question: no answer can come any more. */
  close(): void {
    this.#isClosed = true;
    for (const { fail } of this.#waiting.values()) {
      fail(new ActorsError('session-over', 'the scope ended before the answer'));
    }
  }

  /** @returns the bytes of the params, for which there is room */
  #admit(params: unknown): number {
    const { maxQuestions, maxQuestionBytes } = this.#limits;
    const full = (limit: keyof HostLimits, what: string): ActorsError => {
      this.#life.services.tripped(limit, this.#life.key);
      return new ActorsError('inbox-full', what);
    };
    if (this.#waiting.size >= maxQuestions) {
      throw full('maxQuestions', `a scope has at most ${maxQuestions} open questions`);
    }
    const bytes = JSON.stringify(params)?.length ?? 0;
    if (this.#bytes + bytes > maxQuestionBytes) {
      throw full('maxQuestionBytes', `open questions have at most ${maxQuestionBytes} bytes`);
    }
    return bytes;
  }
}

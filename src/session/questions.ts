import type { Exchange } from './exchange.ts';
import type { RequestId, RequestMessage } from '../wire/jsonrpc.ts';

/** Ids of one incarnation's questions; the next one starts above them. */
const PER_EPOCH = 2 ** 32;
/** Epochs that fit beside a question's number in a safe integer. */
const EPOCHS = 2 ** 21;

/** A server→client request that waits for its answer. */
export interface Question {
  readonly wireId: number;
  /** The id its server knows it by. */
  readonly localId: RequestId;
  /** The progress token its server gave it. */
  readonly localToken: unknown;
  readonly method: string;
  /** The exchange it travels on; `undefined` is the session's outlet. */
  readonly exchange: Exchange | undefined;
  /** What to do when no stream comes for it in time. */
  giveUp?: () => void;
}

/** What an id that came back names. */
export type Recognised = Question | 'stale' | 'late' | 'unknown';

/**
 * The questions one incarnation of a session has put to its client. On the wire their ids carry the
 * incarnation, so an answer to a dead one's question can not be taken for another's (law 9).
 *
 * Ids stay small integers in the first incarnation, because some clients expect what the SDK sends.
 */
export class Questions {
  readonly #open = new Map<number, Question>();
  readonly #base: number;
  #count = 0;

  constructor(epoch: number) {
    this.#base = ((epoch - 1) % EPOCHS) * PER_EPOCH;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Open questions that keep a session in use: a ping only asks whether the client is there. */
  get pinning(): number {
    let count = 0;
    for (const { method } of this.#open.values()) if (method !== 'ping') count++;
    return count;
  }

  /** Of the open ones that keep a session in use. */
  get methods(): string[] {
    const methods: string[] = [];
    for (const { method } of this.#open.values()) if (method !== 'ping') methods.push(method);
    return methods;
  }

  /** Forgets all of them; what was open is given back. */
  clear(): Question[] {
    const open = [...this.#open.values()];
    this.#open.clear();
    return open;
  }

  /** Puts a question on the wire's terms: its id, and its progress token, which is that id. */
  open(
    request: RequestMessage,
    exchange: Exchange | undefined,
  ): { question: Question; message: RequestMessage } {
    const wireId = this.#base + this.#count++;
    const { id: localId, method, params: asked } = request;
    const meta = asked?.['_meta'] as { progressToken?: unknown } | undefined;
    const localToken = meta?.progressToken;
    const question: Question = { wireId, localId, localToken, method, exchange };
    this.#open.set(wireId, question);
    if (localToken === undefined) return { question, message: { ...request, id: wireId } };
    const params = { ...asked, _meta: { ...meta, progressToken: wireId } };
    return { question, message: { ...request, id: wireId, params } };
  }

  recognise(id: unknown): Recognised {
    if (typeof id !== 'number' || !Number.isInteger(id)) return 'unknown';
    const question = this.#open.get(id);
    if (question !== undefined) return question;
    if (Math.floor(id / PER_EPOCH) * PER_EPOCH !== this.#base) {
      return id >= 0 && id < this.#base ? 'stale' : 'unknown';
    }
    return id - this.#base < this.#count ? 'late' : 'unknown';
  }

  close(question: Question): void {
    this.#open.delete(question.wireId);
  }

  /** The open question its server knows by an id. */
  named(localId: unknown): Question | undefined {
    for (const question of this.#open.values()) if (question.localId === localId) return question;
    return undefined;
  }
}

import type { Exchange } from './exchange.ts';
import type { RequestId, RequestMessage } from '../wire/jsonrpc.ts';
import { relabel } from '../wire/verbatim.ts';

/** Ids for the questions of one incarnation; the ids of the next incarnation start above them. */
const PER_EPOCH = 2 ** 32;
/** Epochs that fit beside a question's number in a safe integer. */
const EPOCHS = 2 ** 21;

/** A server→client request that waits for the client's answer. */
export interface Question {
  readonly wireId: number;
  /** The id by which the server knows the question. */
  readonly localId: RequestId;
  /** The progress token that the server gave the question. */
  readonly localToken: unknown;
  readonly method: string;
  /** The exchange the question travels on; `undefined` is the session's outlet. */
  readonly exchange: Exchange | undefined;
  /** What to do when no stream comes for the question in time. */
  giveUp?: () => void;
}

/** The question that an id from the client names, or why the id names none. */
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

  /** How many questions keep a session in use; a ping only asks whether the client is there. */
  get pinning(): number {
    let count = 0;
    for (const { method } of this.#open.values()) if (method !== 'ping') count++;
    return count;
  }

  /** Methods of the open questions that keep the session in use. */
  get methods(): string[] {
    const methods: string[] = [];
    for (const { method } of this.#open.values()) if (method !== 'ping') methods.push(method);
    return methods;
  }

  /** Forgets all questions. @returns the questions that were open */
  clear(): Question[] {
    const open = [...this.#open.values()];
    this.#open.clear();
    return open;
  }

  /** Opens a question: on the wire it has an id of its own, and that id as its progress token. */
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
    if (localToken === undefined) return { question, message: relabel(request, wireId) };
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

  /** The open question that the server knows by an id. */
  named(localId: unknown): Question | undefined {
    for (const question of this.#open.values()) if (question.localId === localId) return question;
    return undefined;
  }
}

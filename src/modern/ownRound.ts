import { isObject, type ResponseMessage } from '../wire/jsonrpc.ts';
import { isAnswerTo, isQuestion } from './capabilities.ts';
import type { Params } from './envelope.ts';

/** A question as a client of the stateless revision is asked it. */
export interface InputRequest {
  readonly method: string;
  readonly params?: Params;
}

/** Whether a handler answers with a result of its own that asks its client. */
export function asksItself({ result }: ResponseMessage): boolean {
  return result?.['resultType'] === 'input_required';
}

/** What a handler asks by a result of its own, and what its client has answered. */
export class OwnRound {
  /** The state that its handler is called again with. */
  readonly requestState: string | undefined;
  readonly #open = new Map<string, InputRequest>();
  readonly #answers = new Map<string, Params>();
  #isTaken = false;

  constructor({ inputRequests, requestState }: Params) {
    this.requestState = typeof requestState === 'string' ? requestState : undefined;
    for (const [key, request] of Object.entries(isObject(inputRequests) ? inputRequests : {})) {
      if (isInputRequest(request)) this.#open.set(key, request);
    }
  }

  /** How many questions have no answer. */
  get size(): number {
    return this.#open.size;
  }

  /** The questions that have no answer, by their keys. */
  get requests(): Record<string, InputRequest> {
    return Object.fromEntries(this.#open);
  }

  /** Whether all is answered, said once. */
  take(): boolean {
    const isNew = this.size === 0 && !this.#isTaken;
    this.#isTaken ||= isNew;
    return isNew;
  }

  get answers(): Record<string, Params> {
    return Object.fromEntries(this.#answers);
  }

  /** Takes those of a client's answers that are ones. */
  accept(answers: Params): void {
    for (const [key, { method }] of this.#open) {
      const answer = Object.hasOwn(answers, key) ? answers[key] : undefined;
      if (!isAnswerTo(method, answer)) continue;
      this.#open.delete(key);
      this.#answers.set(key, answer);
    }
  }
}

function isInputRequest(value: unknown): value is InputRequest {
  return isObject(value) && typeof value['method'] === 'string' && isQuestion(value['method']);
}

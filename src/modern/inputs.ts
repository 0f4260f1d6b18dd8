import type { Asked } from '../session/exchange.ts';
import { isObject, type RequestId } from '../wire/jsonrpc.ts';
import type { Answers } from './calls.ts';
import { isAnswerTo } from './capabilities.ts';
import type { Params } from './envelope.ts';

/** Under this key of a question's `_meta`, its author names the question. */
export const QUESTION_KEY = 'mcp-actors/key';

/** A question as a client of the stateless revision is asked it. */
export interface InputRequest {
  readonly method: string;
  readonly params?: Params;
}

/** An answer on its way to the handler that asked. */
export interface Answer {
  readonly wireId: RequestId;
  readonly result: Record<string, unknown>;
}

interface Open {
  readonly asked: Asked;
  readonly request: InputRequest;
  readonly bytes: number;
}

/** What one call has asked its client, and what the client has answered. */
export class Inputs {
  /** All answers so far, also those that came before their questions. */
  readonly given: Record<string, unknown>;
  readonly #isRerun: boolean;
  readonly #open = new Map<string, Open>();
  /** Answers that the handler has not got yet. */
  #answers: Answer[] = [];
  #count = 0;

  /**
   * @param given answers that came with the request
   * @param isRerun they are those of a call that is lost, and is run again
   */
  constructor(given: Answers, isRerun: boolean) {
    this.given = { ...given };
    this.#isRerun = isRerun;
  }

  /** How many questions have no answer. */
  get size(): number {
    return this.#open.size;
  }

  /** What the open questions take in memory, in bytes. */
  get bytes(): number {
    let bytes = 0;
    for (const question of this.#open.values()) bytes += question.bytes;
    return bytes;
  }

  /** The open questions by their keys. */
  get requests(): Record<string, InputRequest> {
    return Object.fromEntries(Array.from(this.#open, ([key, { request }]) => [key, request]));
  }

  /** Takes a question. @returns its answer, where that came before */
  ask(asked: Asked): Record<string, unknown> | undefined {
    const { method, params } = asked.message;
    const { _meta, ...rest } = params ?? {};
    const { [QUESTION_KEY]: named, progressToken: _token, ...meta } = isObject(_meta) ? _meta : {};
    const own = typeof named === 'string' && !this.#open.has(named) ? named : undefined;
    const key = own ?? `input_${++this.#count}`;
    const given = this.#given(key, method, own !== undefined);
    if (given !== undefined) return given;
    const left = Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
    const request = params === undefined ? { method } : { method, params: left };
    this.#open.set(key, { asked, request, bytes: JSON.stringify(request).length });
    return undefined;
  }

  /** The handler waits no longer for an answer. */
  withdraw(wireId: RequestId): void {
    for (const [key, { asked }] of this.#open) if (asked.wireId === wireId) this.#open.delete(key);
  }

  /** Takes those of a client's answers that are ones; keys that nobody asked for are ignored. */
  accept(answers: unknown): void {
    if (!isObject(answers)) return;
    for (const [key, { asked, request }] of this.#open) {
      const result = Object.hasOwn(answers, key) ? answers[key] : undefined;
      if (!isAnswerTo(request.method, result)) continue;
      this.#open.delete(key);
      this.given[key] = result;
      this.#answers.push({ wireId: asked.wireId, result });
    }
  }

  /** The answers that the handler has not got yet. */
  take(): Answer[] {
    const answers = this.#answers;
    this.#answers = [];
    return answers;
  }

  /** Gives up the open questions. */
  drop(): Asked[] {
    const open = Array.from(this.#open.values(), ({ asked }) => asked);
    this.#open.clear();
    return open;
  }

  /** An answer that came before its question; by its place only where the call is run again. */
  #given(key: string, method: string, isNamed: boolean): Record<string, unknown> | undefined {
    if (!(isNamed || this.#isRerun) || !Object.hasOwn(this.given, key)) return undefined;
    const given = this.given[key];
    return isAnswerTo(method, given) ? given : undefined;
  }
}

import type { Asked } from '../session/exchange.ts';
import { isObject, type RequestId, type RpcError } from '../wire/jsonrpc.ts';
import { textOf } from '../wire/verbatim.ts';
import type { Answers } from './calls.ts';
import { isAnswerTo, isQuestion, missingFor } from './capabilities.ts';
import type { Capabilities, Params } from './envelope.ts';
import { type InputRequest, OwnRound } from './ownRound.ts';
import { errorOf } from './questionErrors.ts';

/** Under this key of a question's `_meta`, its author names the question. */
export const QUESTION_KEY = 'mcp-actors/key';

/** An answer on its way to the handler that asked. */
export interface Answer extends Pick<Asked, 'wireId' | 'fail'> {
  readonly result: Record<string, unknown>;
  readonly bytes: number;
}

/** Most characters of answers that a token carries. */
const MAX_HAD = 32 * 1024;

/** A question without an answer. One may wait for hours, so nothing is kept twice. */
interface Open extends Pick<Asked, 'wireId' | 'fail'> {
  readonly key: string;
  readonly request: InputRequest;
  readonly bytes: number;
}

const NONE: readonly never[] = [];

/** What one call has asked its client, and what the client has answered. */
export class Inputs {
  /** What a client has to declare for a question that it could not be asked. */
  missing: Capabilities | undefined;
  readonly #given: Answers;
  readonly #isRerun: boolean;
  #own: OwnRound | null = null;
  #rounds = 0;
  /** The answers that the handler has had, for whoever runs the call again; `null`: too many. */
  #had: Record<string, unknown> | null | undefined;
  #hadBytes = 0;
  /** Questions without an answer: few at a time. */
  #open: readonly Open[] = NONE;
  /** Answers that the handler has not got yet. */
  #answers: readonly Answer[] = NONE;
  #count = 0;

  /**
   * @param given answers that came with the request
   * @param isRerun they are those of a call that is lost, and is run again
   */
  constructor(given: Answers, isRerun: boolean) {
    this.#given = given;
    this.#isRerun = isRerun;
  }

  /** What the handler has last asked by a result of its own. */
  get own(): OwnRound | null {
    return this.#own;
  }

  /** How often the handler has asked by a result of its own. */
  get rounds(): number {
    return this.#rounds;
  }

  /** Answers that came before their questions: with the request, or to a result of the handler's. */
  get given(): Answers {
    return this.#own?.answers ?? this.#given;
  }

  /** How many questions have no answer. */
  get size(): number {
    return this.#open.length + (this.#own?.size ?? 0);
  }

  /** What the open questions take in memory, and answers that wait for the others, in bytes. */
  get bytes(): number {
    return [...this.#open, ...this.#answers].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The answers that the handler has had; `undefined` where a token can not carry them. */
  get had(): Answers | undefined {
    return this.#had === null ? undefined : (this.#had ?? {});
  }

  /** The open questions by their keys. */
  get requests(): Record<string, InputRequest> {
    const open = Object.fromEntries(this.#open.map(({ key, request }) => [key, request]));
    return this.#own === null ? open : { ...open, ...this.#own.requests };
  }

  /**
   * Takes a question.
   *
   * @param capabilities what the client can be asked
   * @returns the answer, where that came before; `failed`: this client can not be asked that
   */
  ask(asked: Asked, capabilities: Capabilities): Record<string, unknown> | 'asked' | 'failed' {
    const { method, params } = asked.message;
    const error = this.#errorOf(asked, capabilities);
    if (error !== undefined) {
      asked.fail(error);
      return 'failed';
    }
    const { _meta, ...rest } = params ?? {};
    const { [QUESTION_KEY]: named, progressToken: _token, ...meta } = isObject(_meta) ? _meta : {};
    const isTaken = this.#open.some((each) => each.key === named);
    const own = typeof named === 'string' && !isTaken ? named : undefined;
    const key = own ?? `input_${++this.#count}`;
    const given = this.#givenFor(key, method, own !== undefined);
    if (given !== undefined) {
      this.#note(key, given);
      return given;
    }
    const left = Object.keys(meta).length === 0 ? rest : { ...rest, _meta: meta };
    const request = params === undefined ? { method } : { method, params: left };
    const text = textOf({ jsonrpc: '2.0', id: 0, ...request });
    if (text === undefined) {
      asked.fail(errorOf('internal-error'));
      return 'failed';
    }
    const { wireId, fail } = asked;
    const open = { key, wireId, fail, request, bytes: text.length };
    // One is what most calls ask, and a spread array keeps room for more.
    this.#open = this.#open.length === 0 ? [open] : [...this.#open, open];
    return 'asked';
  }

  /** The handler waits no longer for an answer. */
  withdraw(wireId: RequestId): void {
    this.#open = this.#open.filter((each) => each.wireId !== wireId);
  }

  /** Takes those of a client's answers that are ones; keys that nobody asked for are ignored. */
  accept(answers: unknown): void {
    if (!isObject(answers)) return;
    this.#own?.accept(answers);
    this.#open = this.#open.filter(({ key, wireId, fail, request }) => {
      const result = Object.hasOwn(answers, key) ? answers[key] : undefined;
      if (!isAnswerTo(request.method, result)) return true;
      const bytes = this.#note(key, result);
      this.#answers = [...this.#answers, { wireId, fail, result, bytes }];
      return false;
    });
  }

  /** The handler asks by a result of its own. */
  begin(result: Params): void {
    this.#own = new OwnRound(result);
    this.#rounds++;
  }

  /** Whether all that a result of the handler's has asked is answered, said once. */
  takeRound(): boolean {
    return this.#own?.take() === true;
  }

  /** The answers that the handler has not got yet. */
  take(): readonly Answer[] {
    const answers = this.#answers;
    this.#answers = NONE;
    return answers;
  }

  /** Gives up the open questions, and those whose answers the handler has not got yet. */
  drop(): readonly Pick<Asked, 'fail'>[] {
    const given = this.take();
    const open = this.#open;
    this.#open = NONE;
    return [...given, ...open];
  }

  /** Why a client can not be asked a question; `undefined`: it can be. */
  #errorOf(
    { message: { method, params } }: Asked,
    capabilities: Capabilities,
  ): RpcError | undefined {
    if (!isQuestion(method)) return { code: -32601, message: 'Method not found' };
    const missing = missingFor(method, params, capabilities);
    if (missing === undefined) return undefined;
    this.missing = missing;
    return errorOf('capability-missing', { requiredCapabilities: missing });
  }

  /** Keeps an answer for whoever runs the call again. @returns the answer's bytes */
  #note(key: string, result: Record<string, unknown>): number {
    const bytes = JSON.stringify(result).length;
    this.#hadBytes += bytes;
    if (this.#hadBytes > MAX_HAD) this.#had = null;
    else if (this.#had !== null) this.#had = { ...this.#had, [key]: result };
    return bytes;
  }

  /** An answer that came before its question; by its place only where the call is run again. */
  #givenFor(key: string, method: string, isNamed: boolean): Record<string, unknown> | undefined {
    if (!(isNamed || this.#isRerun) || !Object.hasOwn(this.given, key)) return undefined;
    const given = this.given[key];
    return isAnswerTo(method, given) ? given : undefined;
  }
}

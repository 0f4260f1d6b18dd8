import type { Envelope } from '../session/envelope.ts';
import type { Exchange } from '../session/exchange.ts';
import type { Message, RequestId, ResponseMessage } from '../wire/jsonrpc.ts';

const NOBODY = { authInfo: undefined };

/** A message of this library itself, for a home. */
export function inside(message: Message, exchange?: Exchange): Envelope {
  return { message, delivery: NOBODY, exchange, bytes: 0, weight: 0 };
}

/** A request of this library to a home's server: nobody outside waits for the answer. */
export class Inquiry implements Exchange {
  readonly reach = 'none';
  isSettled = false;
  readonly #id: RequestId;
  readonly #take: (response: ResponseMessage | undefined) => void;
  #response: ResponseMessage | undefined;

  /** @param take told the answer, once; `undefined`: there will be none */
  constructor(id: RequestId, take: (response: ResponseMessage | undefined) => void) {
    this.#id = id;
    this.#take = take;
  }

  encode(response: ResponseMessage): string {
    this.#response = response;
    return JSON.stringify({ ...response, id: this.#id });
  }

  answer(): boolean {
    this.isSettled = true;
    this.#take(this.#response);
    return true;
  }

  /** What a server says on the way belongs to nobody. */
  tell(): boolean {
    return true;
  }

  ask(question: { fail(error: { code: number; message: string }): void }): void {
    question.fail({ code: -32601, message: 'Method not found' });
  }

  cancelled(): void {
    this.isSettled = true;
    this.#take(undefined);
  }
}

import { ActorsError } from '../base/errors.ts';
import { isResponse, type Message, type RequestId, type RequestMessage } from '../wire/jsonrpc.ts';

type Params = Readonly<Record<string, unknown>>;

interface Waiting {
  resolve(result: Params): void;
  reject(error: Error): void;
}

/** Questions that code below a handler puts to the client itself, past the server of the SDK. */
export class OwnQuestions {
  readonly #send: (request: RequestMessage) => void;
  readonly #open = new Map<RequestId, Waiting>();
  #count = 0;
  #isOver = false;

  /** @param send puts a request to the client; the answer comes to {@link takes} */
  constructor(send: (request: RequestMessage) => void) {
    this.#send = send;
  }

  /** @throws ActorsError `question-failed`, `session-over` */
  ask(method: string, params: Params | undefined): Promise<Params> {
    if (this.#isOver) return Promise.reject(over());
    return new Promise((resolve, reject) => {
      // No server of the SDK numbers its questions like that.
      const id = `own:${++this.#count}`;
      this.#open.set(id, { resolve, reject });
      const request = { jsonrpc: '2.0', id, method } as const;
      this.#send(params === undefined ? request : { ...request, params });
    });
  }

  /** Takes the answer to one of these questions. `false`: the message is no such answer. */
  takes(message: Message): boolean {
    if (!isResponse(message)) return false;
    const waiting = this.#open.get(message.id);
    if (waiting === undefined) return false;
    this.#open.delete(message.id);
    const { error, result } = message;
    if (error === undefined) waiting.resolve(result ?? {});
    else waiting.reject(new ActorsError('question-failed', error.message, { cause: error }));
    return true;
  }

  /** The server is released: nobody will answer. */
  end(): void {
    this.#isOver = true;
    for (const waiting of this.#open.values()) waiting.reject(over());
    this.#open.clear();
  }
}

function over(): ActorsError {
  return new ActorsError('session-over', 'the session has ended');
}

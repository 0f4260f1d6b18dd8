import type { Rpc } from '../../support/reply.ts';
import { sseFrames } from '../../support/sseFrames.ts';

const VERSION = '2025-11-25';
const INFO = { name: 'caller', version: '1.0.0' };

/** Where a request goes. */
export interface Node {
  readonly name: string;
  readonly port: number;
}

function isAnswer({ method, id }: Rpc): boolean {
  return method === undefined && id !== undefined;
}

/** A response, as it comes. */
export class Answer {
  readonly status: number;
  readonly headers: Headers;
  text = '';
  /** Resolves when the response is over, or its connection broke. */
  readonly over: Promise<void>;
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  constructor(response: Response) {
    this.status = response.status;
    this.headers = response.headers;
    this.over = this.#read(response)
      .catch(() => {})
      .finally(() => (this.#isOver = true));
  }

  get messages(): Rpc[] {
    const isStream = this.headers.get('content-type') === 'text/event-stream';
    const texts = isStream ? sseFrames(this.text).map(({ data }) => data) : [this.text];
    return texts.filter(Boolean).map((text) => JSON.parse(text!) as Rpc);
  }

  /** The answer to the request; `undefined` where the response is over without one. */
  async answer(): Promise<Rpc | undefined> {
    await this.#until(() => this.#isOver || this.messages.some(isAnswer));
    return this.messages.find(isAnswer);
  }

  /** The first message of a method. */
  async message(method: string): Promise<Rpc> {
    const isIt = (each: Rpc): boolean => each.method === method;
    await this.#until(() => this.messages.some(isIt));
    return this.messages.find(isIt)!;
  }

  /** The id of the last event. */
  get lastEventId(): string | undefined {
    return sseFrames(this.text).findLast(({ id }) => id !== undefined)?.id;
  }

  async #until(test: () => boolean): Promise<void> {
    while (!test()) {
      if (this.#isOver) throw new Error(`over: ${this.text}`);
      const more = new Promise<void>((resolve) => this.#waiting.add(resolve));
      await Promise.race([more, this.over]);
    }
  }

  async #read(response: Response): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        this.text += decoder.decode(chunk, { stream: true });
        this.#tell();
      }
    } finally {
      this.#tell();
    }
  }

  #tell(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** A client that says to which process each of its requests goes. */
export class Caller {
  readonly id: string;
  #ids = 0;

  private constructor(id: string) {
    this.id = id;
  }

  /** Opens a session. */
  static async open(node: Node): Promise<Caller> {
    const capabilities = { elicitation: {} };
    const params = { protocolVersion: VERSION, capabilities, clientInfo: INFO };
    const opened = await send(node, 'POST', {}, { id: 'init', method: 'initialize', params });
    await opened.over;
    const id = opened.headers.get('mcp-session-id');
    if (id === null) throw new Error(`no session: ${opened.text}`);
    const caller = new Caller(id);
    await (
      await caller.say(node, { method: 'notifications/initialized' })
    ).over;
    return caller;
  }

  /** Sends what is no call. */
  say(node: Node, message: object): Promise<Answer> {
    return send(node, 'POST', this.#headers(), message);
  }

  /** Calls a tool; resolves with the head of the response. */
  begin(node: Node, name: string, line: string): Promise<Answer> {
    const progressToken = ++this.#ids;
    const params = { name, arguments: { line }, _meta: { progressToken } };
    return this.say(node, { id: progressToken, method: 'tools/call', params });
  }

  /** Calls a tool. @returns the answer */
  async call(node: Node, name: string, line: string): Promise<Rpc> {
    const response = await this.begin(node, name, line);
    return (
      (await response.answer()) ?? { error: { code: response.status, message: response.text } }
    );
  }

  /** Writes a line. @returns who has written it, and all lines */
  async write(node: Node, line: string): Promise<{ by: string; lines: string[] }> {
    const { result, error } = await this.call(node, 'write', line);
    if (error !== undefined) throw new Error(`write: ${error.code} ${error.message}`);
    const [content] = result!['content'] as { text: string }[];
    return JSON.parse(content!.text) as { by: string; lines: string[] };
  }

  /** Comes back for the rest of a stream. */
  resume(node: Node, lastEventId: string): Promise<Answer> {
    return send(node, 'GET', { ...this.#headers(), 'last-event-id': lastEventId });
  }

  #headers(): Record<string, string> {
    return { 'mcp-session-id': this.id, 'mcp-protocol-version': VERSION };
  }
}

async function send(
  { port }: Node,
  method: string,
  headers: Record<string, string>,
  message?: object,
): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}/mcp`, {
    method,
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...headers,
    },
    ...(message !== undefined && { body: JSON.stringify({ jsonrpc: '2.0', ...message }) }),
  });
  return new Answer(response);
}

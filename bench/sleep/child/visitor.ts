import type { Runtime } from '../../../src/runtime.ts';

const url = 'http://localhost/mcp';
const initialize = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} },
    clientInfo: { name: 'bench', title: 'A client as they come', version: '1.0.0' },
  },
};
const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };

interface Answer {
  readonly error?: unknown;
  readonly result?: { readonly content?: readonly { readonly text: string }[] };
}

/** Speaks for the clients of a runtime, each the only session of a user of its own. */
export class Visitor {
  readonly #runtime: Pick<Runtime, 'fetch'>;
  #calls = 0;

  constructor(runtime: Pick<Runtime, 'fetch'>) {
    this.#runtime = runtime;
  }

  /** @returns the session's id */
  async open(number: number): Promise<string> {
    const opened = await this.#send(number, this.#request(), initialize);
    const id = opened.headers.get('mcp-session-id');
    const { result, error } = answerIn(await opened.text());
    if (id === null || result === undefined)
      throw new Error(`no session: ${JSON.stringify(error)}`);
    const { status } = await this.#send(number, this.#request(id), initialized);
    if (status !== 202) throw new Error(`initialized: ${status}`);
    return id;
  }

  /**
   * One call, checked.
   *
   * @param visits what it must come to
   * @returns milliseconds from message to answer
   */
  async visit(number: number, id: string, visits: number): Promise<number> {
    const request = this.#request(id);
    const params = { name: 'visit', arguments: {} };
    const call = { jsonrpc: '2.0', id: ++this.#calls, method: 'tools/call', params };
    const sent = performance.now();
    const response = await this.#send(number, request, call);
    const body = await response.text();
    const ms = performance.now() - sent;
    const { result } = answerIn(body);
    if (result?.content?.[0]?.text !== String(visits)) {
      throw new Error(`visit ${visits} of session ${number}: ${response.status} ${body}`);
    }
    return ms;
  }

  #request(session?: string): Request {
    return new Request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(session !== undefined && { 'mcp-session-id': session }),
      },
    });
  }

  #send(number: number, request: Request, parsedBody: object): Promise<Response> {
    const authInfo = {
      token: 't',
      clientId: 'bench',
      scopes: [],
      extra: { sub: `user ${number}` },
    };
    return this.#runtime.fetch(request, { authInfo, parsedBody });
  }
}

/** A JSON body, or the last event that carries data: what waits long for its disk is a stream. */
function answerIn(body: string): Answer {
  if (body.startsWith('{')) return JSON.parse(body) as Answer;
  const at = body.lastIndexOf('data: {');
  return at < 0 ? {} : (JSON.parse(body.slice(at + 6, body.indexOf('\n', at))) as Answer);
}

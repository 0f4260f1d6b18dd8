import type { Runtime } from 'mcp-actors';
import { type Door, openDoor } from './door.ts';
import type { Reply, Rpc } from './reply.ts';

type Params = Readonly<Record<string, unknown>>;
type Headers = Readonly<Record<string, string | undefined>>;

export const REVISION = '2026-07-28';
const PREFIX = 'io.modelcontextprotocol/';
const NAMED = ['name', 'uri', 'taskId'] as const;

/** How one request differs from the usual one. */
export interface ModernAsk {
  readonly user?: string | undefined;
  readonly capabilities?: Params;
  readonly meta?: Params;
  /** `undefined` leaves a header out. */
  readonly headers?: Headers;
  readonly id?: string | number;
  readonly signal?: AbortSignal;
}

/** A client of the stateless revision that says what a test wants it to say. */
export class ModernClient {
  readonly door: Door;
  readonly #user: string | undefined;
  #ids = 0;

  constructor(door: Door, user?: string) {
    this.door = door;
    this.#user = user;
  }

  static async in(runtime: Runtime, user?: string): Promise<ModernClient> {
    return new ModernClient(await openDoor('fetch', runtime), user);
  }

  /** The same door, for another caller. */
  as(user: string | undefined): ModernClient {
    return new ModernClient(this.door, user);
  }

  /** Sends a request; resolves with the head of its response. */
  send(method: string, params: Params = {}, how: ModernAsk = {}): Promise<Reply> {
    const { user = this.#user, capabilities = ALL, meta, id = ++this.#ids } = how;
    const _meta = {
      [`${PREFIX}protocolVersion`]: REVISION,
      [`${PREFIX}clientCapabilities`]: capabilities,
      [`${PREFIX}clientInfo`]: { name: user ?? 'nobody', version: '1' },
      ...meta,
    };
    const named = NAMED.map((key) => params[key]).find((value) => typeof value === 'string');
    return this.post(
      { jsonrpc: '2.0', id, method, params: { ...params, _meta } },
      {
        'mcp-protocol-version': REVISION,
        'mcp-method': method,
        ...(named !== undefined && { 'mcp-name': named }),
        ...(user !== undefined && { 'x-user': user }),
        ...how.headers,
      },
      how.signal,
    );
  }

  post(body: unknown, headers: Headers = {}, signal?: AbortSignal): Promise<Reply> {
    const all = {
      host: this.door.host,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    };
    const given = Object.entries(all).filter(([, value]) => value !== undefined);
    return this.door.send({
      method: 'POST',
      headers: Object.fromEntries(given) as Record<string, string>,
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
  }

  /** The answer to a request, whichever way it came. */
  async ask(method: string, params?: Params, how?: ModernAsk): Promise<Rpc> {
    const reply = await (await this.send(method, params, how)).whole();
    const answer = reply.messages.find((message) => message.method === undefined);
    if (answer === undefined) throw new Error(`no answer: ${reply.text}`);
    return answer;
  }

  /** The answer to a tool call. */
  call(name: string, args: Params = {}, more: Params = {}, how?: ModernAsk): Promise<Rpc> {
    return this.ask('tools/call', { name, arguments: args, ...more }, how);
  }
}

/** What a client that can be asked anything declares. */
export const ALL: Params = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {} },
  roots: {},
};

/** The first text in the result of a tool call. */
export function textOf({ result }: Rpc): string | undefined {
  const [first] = (result?.['content'] ?? []) as { text?: string }[];
  return first?.text;
}

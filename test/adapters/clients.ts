import { Client as ClientV2, type Transport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport as TransportV1 } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

export type Generation = 'v1' | 'v2';

const INFO = { name: 'contract', version: '1.0.0' };
const CAPABILITIES = { elicitation: {}, sampling: {} };

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { progress: number }) => void;
}

/** The SDK's client of either generation, as far as the contract speaks of it. */
export class Peer {
  readonly name: string;
  readonly #client: ClientV1 | ClientV2;
  readonly #transport: TransportV1 | TransportV2;
  readonly #connect: () => Promise<void>;
  /** Every message after the handshake, in order. */
  readonly arrived: { readonly params?: Readonly<Record<string, unknown>> }[] = [];
  /** Texts of log messages. */
  readonly heard: unknown[] = [];
  /** Resolves when the server says that its tools have changed. */
  readonly toolsChanged: Promise<void>;

  /** @param name what it answers questions with */
  constructor(name: string, client: ClientV1 | ClientV2, transport: TransportV1 | TransportV2) {
    this.name = name;
    this.#client = client;
    this.#transport = transport;
    let changed!: () => void;
    this.toolsChanged = new Promise((resolve) => (changed = resolve));
    const elicited = { action: 'accept' as const, content: { name } };
    const sampled = {
      model: 'none',
      role: 'assistant' as const,
      content: { type: 'text' as const, text: name },
    };
    if (client instanceof ClientV2) {
      client.setRequestHandler('elicitation/create', () => elicited);
      client.setRequestHandler('sampling/createMessage', () => sampled);
      client.setNotificationHandler('notifications/tools/list_changed', changed);
      client.setNotificationHandler('notifications/message', ({ params }) => {
        this.heard.push(params.data);
      });
      this.#connect = () => client.connect(transport);
    } else {
      client.setRequestHandler(ElicitRequestSchema, () => elicited);
      client.setRequestHandler(CreateMessageRequestSchema, () => sampled);
      client.setNotificationHandler(ToolListChangedNotificationSchema, changed);
      client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
        this.heard.push(params.data);
      });
      this.#connect = () => client.connect(transport);
    }
  }

  async connect(): Promise<this> {
    await this.#connect();
    const transport = this.#transport as { onmessage?: (message: never, extra?: never) => void };
    const { onmessage } = transport;
    transport.onmessage = (message, extra) => {
      this.arrived.push(message);
      onmessage?.(message, extra);
    };
    return this;
  }

  async list(): Promise<string[]> {
    const { tools } = await this.#client.listTools();
    return tools.map(({ name }) => name);
  }

  /** The text a tool answers with. */
  async call(tool: string, args: object = {}, options: CallOptions = {}): Promise<string> {
    const request = { name: tool, arguments: { ...args } };
    const { content } =
      this.#client instanceof ClientV2
        ? await this.#client.callTool(request, options)
        : await this.#client.callTool(request, undefined, options);
    const [first] = content as { text: string }[];
    if (first === undefined) throw new Error(`${tool} answered nothing`);
    return first.text;
  }

  /** A call that has begun: its first progress is here. `answer` is what comes of it. */
  async begin(tool: string, signal?: AbortSignal): Promise<{ answer: Promise<string> }> {
    let begun!: () => void;
    const first = new Promise<void>((resolve) => (begun = resolve));
    const answer = this.call(tool, {}, { onprogress: begun, ...(signal && { signal }) });
    await Promise.race([first, answer]);
    return { answer };
  }

  /** Says something that is no message; resolves when the server has said that it is none. */
  async babble(): Promise<void> {
    const refused = new Promise<void>((resolve) => {
      this.#client.onerror = () => resolve();
    });
    const nonsense = { jsonrpc: '2.0', id: 99, method: 7 } as never;
    // Over HTTP the refusal is the response, elsewhere a message.
    await this.#transport.send(nonsense).then(
      () => refused,
      () => {},
    );
  }

  /** Ends the session, as far as the protocol has a word for it, and leaves. */
  async leave(): Promise<void> {
    if ('terminateSession' in this.#transport) {
      await (this.#transport.terminateSession as () => Promise<void>)();
    }
    await this.#client.close();
  }
}

export function peerV1(name: string, transport: TransportV1): Peer {
  return new Peer(name, new ClientV1(INFO, { capabilities: CAPABILITIES }), transport);
}

export function peerV2(name: string, transport: TransportV2): Peer {
  return new Peer(name, new ClientV2(INFO, { capabilities: CAPABILITIES }), transport);
}

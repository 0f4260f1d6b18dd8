import type { SchemaValidator } from '../session/schemaEngine.ts';
import type { Message, RequestId } from '../wire/jsonrpc.ts';
import type { SdkMessage, SdkTransport } from '../wire/sdkTransport.ts';
import { SESSION_REVISIONS } from '../wire/versions.ts';
import { attune } from './attune.ts';
import { UNION } from './capabilities.ts';
import type { AskingServer, Line, NativeSdk } from './native.ts';

/** What questions of a server need of its session. */
export interface Asking {
  /** How long a question waits, where its author names no other time. */
  readonly parkMs: number;
  readonly validator: () => SchemaValidator;
}

/** No server of the SDK numbers its questions like that. */
const PREFIX = 'push:';
const DONE = Promise.resolve();

/** Of a client that can be asked anything: what the one at hand declares is looked at per question. */
const GREETING = {
  jsonrpc: '2.0',
  id: 'greeting',
  method: 'initialize',
  params: {
    protocolVersion: SESSION_REVISIONS[0],
    capabilities: UNION,
    clientInfo: { name: 'mcp-actors', version: '1.0.0' },
  },
} as const;

/**
 * Questions in the way of sessions (`elicitInput`, `createMessage`, `listRoots`) for a server of a
 * revision that has no requests to clients. A second server of the SDK asks them: what the SDK checks
 * of a question and of its answer stays the SDK's.
 */
export class PushQuestions {
  readonly #sdk: NativeSdk;
  readonly #line: Line;
  readonly #asking: Asking;
  #asker: Promise<AskingServer> | null = null;
  #transport: SdkTransport | null = null;

  constructor(sdk: NativeSdk, line: Line, asking: Asking) {
    this.#sdk = sdk;
    this.#line = line;
    this.#asking = asking;
  }

  /** Has the methods of a server that ask, ask here. */
  serve(server: object): void {
    Object.assign(server, {
      elicitInput: this.#method('elicitInput'),
      createMessage: this.#method('createMessage'),
      listRoots: this.#method('listRoots'),
    });
  }

  /** Takes the answer to one of these questions. `false`: the message is no such answer. */
  takes(message: Message): boolean {
    if ('method' in message || !isOurs(message.id)) return false;
    const id = Number(message.id.slice(PREFIX.length));
    this.#transport?.onmessage?.({ ...message, id });
    return true;
  }

  /** Nobody will answer any more. */
  end(): void {
    this.#transport?.onclose?.();
  }

  #method(name: 'elicitInput' | 'createMessage' | 'listRoots') {
    return async (params: never, options?: never): Promise<unknown> => {
      const asker = await (this.#asker ??= this.#open());
      return asker[name](params, options);
    };
  }

  /** Made with the first question: few servers ask. */
  async #open(): Promise<AskingServer> {
    const { parkMs, validator } = this.#asking;
    const asker = this.#sdk.createServer(validator());
    attune(asker, parkMs);
    let greeted: (() => void) | undefined;
    const transport: SdkTransport = {
      start: () => DONE,
      close: () => DONE,
      send: (message, options) => {
        if (message.method !== undefined) return this.#line.send(named(message), options);
        greeted?.();
        return DONE;
      },
    };
    this.#transport = transport;
    await asker.connect(transport);
    await new Promise<void>((resolve) => {
      greeted = resolve;
      transport.onmessage?.(GREETING);
    });
    return asker;
  }
}

/** A message of the second server, told from those of the first by its id. */
function named(message: SdkMessage): SdkMessage {
  const { id, params } = message;
  if (id !== undefined) return { ...message, id: `${PREFIX}${id}` };
  if (message.method !== 'notifications/cancelled') return message;
  const { requestId } = params as { readonly requestId?: unknown };
  return { ...message, params: { ...params, requestId: `${PREFIX}${String(requestId)}` } };
}

function isOurs(id: RequestId): id is string {
  return typeof id === 'string' && id.startsWith(PREFIX);
}

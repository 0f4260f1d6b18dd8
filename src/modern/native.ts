import type { Awaitable } from '../base/awaitable.ts';
import type { SchemaValidator } from '../session/schemaEngine.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { SdkMessage, SdkTransport } from '../wire/sdkTransport.ts';
import { STATELESS_REVISION } from '../wire/versions.ts';

/** What a server of SDK v2 is connected to: it stays connected for all requests of a session. */
export interface Line {
  readonly sessionId?: string | undefined;
  send(
    message: SdkMessage,
    options?: { readonly relatedRequestId?: RequestId | undefined },
  ): Promise<void>;
  close(): Promise<void>;
}

type Ask = (params: never, options?: never) => Promise<unknown>;

/** A server of the SDK that serves nothing: it only asks, as servers of sessions do. */
export interface AskingServer {
  connect(transport: SdkTransport): Promise<void>;
  readonly elicitInput: Ask;
  readonly createMessage: Ask;
  readonly listRoots: Ask;
}

/** What this library takes of SDK v2, `@modelcontextprotocol/server`. */
export interface NativeSdk {
  /** Makes a transport that sets a server to the stateless revision, where the server serves it. */
  createTransport(line: Line): SdkTransport;
  createServer(validator: SchemaValidator): AskingServer;
}

let sdk: NativeSdk | null | undefined;
let loading: Promise<NativeSdk | null> | undefined;

/**
 * Loads SDK v2, once in a process. `null`: the package is not installed, or is not the one that this
 * library knows.
 */
export function nativeSdk(): Awaitable<NativeSdk | null> {
  if (sdk !== undefined) return sdk;
  return (loading ??= load().then(
    (found) => (sdk = found),
    () => (sdk = null),
  ));
}

async function load(): Promise<NativeSdk> {
  const { PerRequestHTTPServerTransport, Server } = await import('@modelcontextprotocol/server');

  /** The SDK's transport of one exchange names the revision; this one carries all exchanges. */
  class NativeTransport extends PerRequestHTTPServerTransport {
    readonly sessionId: string | undefined;
    readonly #line: Line;

    constructor(line: Line) {
      super({ classification: { era: 'modern', revision: STATELESS_REVISION } });
      this.#line = line;
      this.sessionId = line.sessionId;
    }

    override start(): Promise<void> {
      return Promise.resolve();
    }

    override send(...said: Parameters<Line['send']>): Promise<void> {
      return this.#line.send(...said);
    }

    override close(): Promise<void> {
      return this.#line.close();
    }
  }

  const info = { name: 'mcp-actors', version: '1.0.0' };
  return {
    createTransport: (line) => new NativeTransport(line) as SdkTransport,
    createServer: (jsonSchemaValidator) => new Server(info, { jsonSchemaValidator }),
  };
}

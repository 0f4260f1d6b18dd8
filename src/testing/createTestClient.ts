import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import type { Runtime } from '../runtime.ts';

/** How {@link createTestClient} presents its client to the runtime. */
export interface TestClientOptions {
  /** Name the client gives of itself. @default 'test-client' */
  readonly name?: string;
  readonly capabilities?: ClientCapabilities;
  /** The caller, as a host would have validated it; anonymous without it. */
  readonly authInfo?: AuthInfo;
  /** Headers sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Runs before the client connects: handlers for what the server asks the client belong here. */
  readonly configure?: (client: Client) => void;
}

/** A client of the SDK whose server is in the same process. */
export interface TestClient {
  readonly client: Client;
  readonly sessionId: string;
  /** Ends the session with DELETE, as a client does, and then closes the client. */
  readonly close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Loopback, which a runtime answers to unless `allowedHosts` says otherwise. */
const URL_OF_RUNTIME = new URL('http://localhost/mcp');

/**
 * Connects a client of the SDK to a runtime: the real client, the real Streamable HTTP, no socket.
 *
 * @throws whatever the handshake meets
 */
export async function createTestClient(
  runtime: Pick<Runtime, 'fetch'>,
  options: TestClientOptions = {},
): Promise<TestClient> {
  const { name = 'test-client', capabilities = {}, authInfo, headers = {}, configure } = options;
  const client = new Client({ name, version: '1.0.0' }, { capabilities });
  configure?.(client);
  const transport = new StreamableHTTPClientTransport(URL_OF_RUNTIME, {
    requestInit: { headers: { ...headers } },
    fetch: (url, init) => runtime.fetch(new Request(url, init), { authInfo }),
  });
  await client.connect(transport);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> =>
    // A session that is over already answers 404 and needs no end.
    (closed ??= transport
      .terminateSession()
      .catch(() => {})
      .then(() => client.close()));
  const sessionId = transport.sessionId ?? '';
  return { client, sessionId, close, [Symbol.asyncDispose]: close };
}

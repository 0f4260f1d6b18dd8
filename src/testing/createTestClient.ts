import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { ClientCapabilities } from '@modelcontextprotocol/sdk/types.js';
import type { Runtime } from '../runtime.ts';

export interface TestClientOptions {
  /** @default 'test-client' */
  readonly name?: string;
  readonly capabilities?: ClientCapabilities;
  /** What the host would have found out about the caller. */
  readonly authInfo?: AuthInfo;
  /** Sent with everything. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Runs before the client connects: handlers for what the server asks belong here. */
  readonly configure?: (client: Client) => void;
}

/** A client of the SDK whose server is in the same process. */
export interface TestClient {
  readonly client: Client;
  readonly sessionId: string;
  /** Ends the session as a client does, with DELETE, and then the client. */
  readonly close: () => Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Loopback: what the runtime answers to unless it is told otherwise. */
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
  const close = (): Promise<void> => (closed ??= end(client, transport));
  return {
    client,
    sessionId: transport.sessionId ?? '',
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function end(client: Client, transport: StreamableHTTPClientTransport): Promise<void> {
  // One that is over already is refused with 404: it needs no end.
  await transport.terminateSession().catch(() => {});
  await client.close();
}

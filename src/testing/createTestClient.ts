import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { Runtime } from '../runtime.ts';
import { type AnyClient, generationOf, type SdkClient } from './sdkClient.ts';

/** How {@link createTestClient} presents its client to the runtime. */
export interface TestClientOptions<C extends SdkClient = AnyClient> {
  /**
   * A client of the SDK, v1 or v2, not yet connected: for handlers of what the server asks, and for
   * its own types. @default a client of the SDK that is installed, v2 before v1
   */
  readonly client?: C;
  /** Name and version the client gives of itself, where none is given. */
  readonly clientInfo?: { readonly name: string; readonly version: string };
  /** What the client can do, where none is given. */
  readonly capabilities?: Readonly<Record<string, object>>;
  /**
   * Whether the client opens its GET stream, as clients do. One that does not is a session that
   * nothing attaches: it can be evicted while it is idle. @default true
   */
  readonly listen?: boolean;
  /** The caller, as a host would have validated it; anonymous without it. */
  readonly authInfo?: AuthInfo;
  /** Headers sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What {@link TestClientOptions} knows. */
const TEST_CLIENT_NAMES: NamesOf<TestClientOptions> = {
  client: true,
  clientInfo: true,
  capabilities: true,
  listen: true,
  authInfo: true,
  headers: true,
};

/** A client of the SDK whose server is in the same process. */
export interface TestClient<C extends SdkClient = AnyClient> {
  readonly client: C;
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
 * @throws ActorsError `sdk-missing` where no client of the SDK is installed; whatever the handshake
 * meets
 */
export async function createTestClient<C extends SdkClient = AnyClient>(
  runtime: Pick<Runtime, 'fetch'>,
  options: TestClientOptions<C> = {},
): Promise<TestClient<C>> {
  checkNames('createTestClient', options, TEST_CLIENT_NAMES);
  const { clientInfo = { name: 'test-client', version: '1.0.0' }, capabilities = {} } = options;
  const { authInfo, headers = {}, listen = true } = options;
  const { Client, StreamableHTTPClientTransport } = await generationOf(options.client);
  // Where no client is given, `C` is `AnyClient`.
  const client = options.client ?? (new Client(clientInfo, { capabilities }) as SdkClient as C);
  const transport = new StreamableHTTPClientTransport(URL_OF_RUNTIME, {
    requestInit: { headers: { ...headers } },
    fetch: async (url: string | URL, init?: RequestInit) => {
      if (!listen && init?.method === 'GET') return new Response(null, { status: 405 });
      return runtime.fetch(new Request(url, init), { authInfo });
    },
  });
  // A client and the transport of its own generation fit.
  await client.connect(transport as never);
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

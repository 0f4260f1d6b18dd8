import { firstInstalled } from '../base/firstInstalled.ts';

/** What an SDK client, v1 or v2, answers calls with. */
export interface CallAnswer {
  readonly [member: string]: unknown;
  readonly content?: unknown;
  readonly structuredContent?: unknown;
  readonly isError?: boolean | undefined;
}

/** A client of the SDK, v1 or v2: anything that connects to a transport and closes. */
export interface SdkClient {
  connect(transport: never): Promise<void>;
  close(): Promise<void>;
}

/** The client that is made where none is given: what the clients of v1 and v2 have in common. */
export interface AnyClient extends SdkClient {
  callTool(params: {
    readonly name: string;
    readonly arguments?: Record<string, unknown>;
  }): Promise<CallAnswer>;
  listTools(): Promise<{ readonly tools: readonly { readonly name: string }[] }>;
  listPrompts(): Promise<{ readonly prompts: readonly { readonly name: string }[] }>;
  listResources(): Promise<{ readonly resources: readonly { readonly uri: string }[] }>;
  readResource(params: { readonly uri: string }): Promise<{ readonly contents: readonly object[] }>;
  getPrompt(params: {
    readonly name: string;
    readonly arguments?: Record<string, string>;
  }): Promise<{ readonly messages: readonly object[] }>;
  ping(): Promise<object>;
}

/** The transport that a client of the SDK is connected by. */
export interface ClientTransport {
  readonly sessionId?: string | undefined;
  terminateSession(): Promise<void>;
}

/** Name and version a client gives of itself. */
interface ClientInfo {
  readonly name: string;
  readonly version: string;
}

/** The two classes of one generation of the SDK. */
interface Generation {
  readonly Client: new (info: ClientInfo, options: object) => AnyClient;
  readonly StreamableHTTPClientTransport: new (url: URL, options: object) => ClientTransport;
}

const v2 = async (): Promise<Generation> => await import('@modelcontextprotocol/client');

const v1 = async (): Promise<Generation> => {
  const [client, http] = await Promise.all([
    import('@modelcontextprotocol/sdk/client/index.js'),
    import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
  ]);
  return { ...client, ...http };
};

/** A source that has a client's own class, so that client and transport are of one generation. */
const madeBy = (client: SdkClient, source: () => Promise<Generation>) => async () => {
  const generation = await source();
  if (client instanceof generation.Client) return generation;
  throw new Error('the client is of another generation, or of another copy of the package');
};

const NAMES = '@modelcontextprotocol/client (v2) or @modelcontextprotocol/sdk (v1)';

/**
 * The generation of the SDK that a client is of; the one that is installed, where none is given.
 *
 * @throws ActorsError `sdk-missing`
 */
export function generationOf(client: SdkClient | undefined): Promise<Generation> {
  const own = client === undefined ? [] : [madeBy(client, v2), madeBy(client, v1)];
  return firstInstalled([...own, v2, v1], NAMES);
}

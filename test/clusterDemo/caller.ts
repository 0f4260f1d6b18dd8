import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';

const INFO = { name: 'visitor', version: '1.0.0' };
const CAPABILITIES = { capabilities: { elicitation: {} } };
/** Comes back for a stream for as long as a call may take. */
const RECONNECTION = {
  initialReconnectionDelay: 200,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1.3,
  maxRetries: 100,
};

/** What a client hears besides answers. */
export interface Listener {
  /** A message of the server's, by no request. */
  told(data: unknown): void;
  /** A question of the server's. @returns the answer */
  asked(message: string): Promise<string>;
}

export interface CallOptions {
  /** How long an answer is waited for, in milliseconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal;
  readonly progress?: (message: string | undefined) => void;
}

/** A session of one client of the SDK, of either generation. */
export interface Caller {
  /** Calls a tool with a line. @returns the text of the answer */
  call(tool: string, line: string, options: CallOptions): Promise<string>;
  /** Ends the session. */
  end(): Promise<void>;
  /** Leaves without a word. */
  close(): Promise<void>;
}

export type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

interface Result {
  readonly content: readonly { readonly text: string }[];
}

/** Options as both generations take them. */
function requestOf({ timeout, signal, progress }: CallOptions): {
  timeout: number;
  signal?: AbortSignal;
  onprogress?: (progress: { readonly message?: string | undefined }) => void;
} {
  const heard =
    progress && (({ message }: { readonly message?: string | undefined }) => progress(message));
  return { timeout, ...(signal && { signal }), ...(heard && { onprogress: heard }) };
}

function textOf(result: unknown): string {
  return (result as Result).content[0]!.text;
}

/** Opens a session with a client of SDK v1. */
export async function callerV1(url: string, fetch: Fetch, listener: Listener): Promise<Caller> {
  const client = new Client(INFO, CAPABILITIES);
  client.setRequestHandler(ElicitRequestSchema, async ({ params }) => {
    return { action: 'accept', content: { answer: await listener.asked(params.message) } };
  });
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) =>
    listener.told(params.data),
  );
  const how = { reconnectionOptions: RECONNECTION, fetch };
  const transport = new StreamableHTTPClientTransport(new URL(url), how);
  await connected(client.connect(transport), client);
  return {
    async call(name, line, options) {
      const asked = { name, arguments: { line } };
      return textOf(await client.callTool(asked, undefined, requestOf(options)));
    },
    end: () => ended(transport.terminateSession(), client),
    close: () => client.close(),
  };
}

/** Opens a session with a client of SDK v2. */
export async function callerV2(url: string, fetch: Fetch, listener: Listener): Promise<Caller> {
  const client = new ClientV2(INFO, CAPABILITIES);
  client.setRequestHandler('elicitation/create', async ({ params }) => {
    return { action: 'accept', content: { answer: await listener.asked(params.message) } };
  });
  client.setNotificationHandler('notifications/message', ({ params }) =>
    listener.told(params.data),
  );
  const how = { reconnectionOptions: RECONNECTION, fetch };
  const transport = new TransportV2(new URL(url), how);
  await connected(client.connect(transport), client);
  return {
    async call(name, line, options) {
      const asked = { name, arguments: { line } };
      return textOf(await client.callTool(asked, requestOf(options)));
    },
    end: () => ended(transport.terminateSession(), client),
    close: () => client.close(),
  };
}

/** A client that could not end its session leaves all the same. */
async function ended(ending: Promise<void>, client: { close(): Promise<void> }): Promise<void> {
  try {
    await ending;
  } finally {
    await client.close();
  }
}

/** A client that could not open its session leaves nothing behind. */
async function connected(
  connecting: Promise<void>,
  client: { close(): Promise<void> },
): Promise<void> {
  try {
    await connecting;
  } catch (error) {
    await client.close();
    throw error;
  }
}

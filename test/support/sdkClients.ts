import {
  Client as ClientV2,
  type ClientOptions as ClientOptionsV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client, type ClientOptions } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { onTestFinished } from 'vitest';

const INFO = { name: 'test', version: '1.0.0' };

/** A client of SDK v1, not yet connected; closed when the test is over. */
export function sdkV1(options: ClientOptions = {}): Client {
  const client = new Client(INFO, options);
  onTestFinished(() => client.close());
  return client;
}

/** A client of SDK v2, not yet connected; closed when the test is over. */
export function sdkV2(options: ClientOptionsV2 = {}): ClientV2 {
  const client = new ClientV2(INFO, options);
  onTestFinished(() => client.close());
  return client;
}

/** Connects a client of either generation. @returns its transport */
export async function connect(
  client: Client | ClientV2,
  url: string,
  headers: Record<string, string> = {},
): Promise<StreamableHTTPClientTransport | TransportV2> {
  const options = { requestInit: { headers } };
  if (client instanceof ClientV2) {
    const transport = new TransportV2(new URL(url), options);
    await client.connect(transport);
    return transport;
  }
  const transport = new StreamableHTTPClientTransport(new URL(url), options);
  await client.connect(transport);
  return transport;
}

/** Calls a tool. @returns the text of its answer */
export async function callText(
  client: Client | ClientV2,
  name: string,
  args: Record<string, unknown> = {},
): Promise<unknown> {
  const { content } = await client.callTool({ name, arguments: args });
  const [first] = content as { text?: string }[];
  return first?.text;
}

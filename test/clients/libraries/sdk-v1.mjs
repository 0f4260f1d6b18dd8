import { timeout } from '../journeys/timeout.mjs';
import { serverOnStdio } from './server-on-stdio.mjs';

/**
 * The v1 SDK's client, of the given release, on one of its transports.
 *
 * @param {object} options `command(url)` says what is at the other end of its stdio
 */
export default async ({
  release,
  transport = 'http',
  reconnectionOptions,
  command = () => serverOnStdio,
}) => {
  const load = (path) => import(`sdk-${release}/client/${path}.js`);
  const { Client } = await load('index');

  const lines = {
    async http(url) {
      const { StreamableHTTPClientTransport } = await load('streamableHttp');
      return new StreamableHTTPClientTransport(new URL(url), { reconnectionOptions });
    },
    async sse(url) {
      const { SSEClientTransport } = await load('sse');
      return new SSEClientTransport(new URL(url));
    },
    async websocket(url) {
      // Node 20 has none.
      globalThis.WebSocket ??= (await import('ws')).WebSocket;
      const { WebSocketClientTransport } = await load('websocket');
      return new WebSocketClientTransport(new URL(url));
    },
    async stdio(url) {
      const { StdioClientTransport } = await load('stdio');
      return new StdioClientTransport(command(url));
    },
  };

  return {
    reports: true,
    reconnects: transport === 'websocket',
    async connect(url) {
      const client = new Client({ name: 'clients', version: '1.0.0' }, { capabilities: {} });
      const line = await lines[transport](url);
      await client.connect(line);
      return { client, line };
    },
    list: async ({ client }) => (await client.listTools()).tools.map(({ name }) => name),
    async call({ client }, name, args, onProgress) {
      const onprogress = onProgress && (({ progress }) => onProgress(progress));
      const options = { timeout, ...(onprogress && { onprogress }) };
      const { content } = await client.callTool({ name, arguments: args }, undefined, options);
      return content[0].text;
    },
    async close({ client, line }) {
      await line.terminateSession?.();
      await client.close();
    },
  };
};

import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';
import { serverOnStdio } from './server-on-stdio.mjs';
import { textOf } from './text-of.mjs';

/**
 * The v1 SDK's client, of the given release, on one of its transports.
 *
 * @param {object} options `command(url, user)` says what is at the other end of its stdio
 */
export default async ({
  release,
  transport = 'http',
  reconnectionOptions,
  command = () => serverOnStdio,
}) => {
  const load = (path) => import(`sdk-${release}/${path}.js`);
  const { Client } = await load('client/index');
  const { ElicitRequestSchema } = await load('types');

  const lines = {
    async http(url, user) {
      const { StreamableHTTPClientTransport } = await load('client/streamableHttp');
      const requestInit = { headers: bearerOf(user) };
      return new StreamableHTTPClientTransport(new URL(url), { requestInit, reconnectionOptions });
    },
    async sse(url) {
      const { SSEClientTransport } = await load('client/sse');
      return new SSEClientTransport(new URL(url));
    },
    async websocket(url) {
      // Node 20 has none.
      globalThis.WebSocket ??= (await import('ws')).WebSocket;
      const { WebSocketClientTransport } = await load('client/websocket');
      return new WebSocketClientTransport(new URL(url));
    },
    async stdio(url, user) {
      const { StdioClientTransport } = await load('client/stdio');
      return new StdioClientTransport(command(url, user));
    },
  };

  return {
    reports: true,
    cancels: true,
    // Older ones can not be asked.
    answers: ElicitRequestSchema !== undefined,
    reconnects: transport === 'websocket',
    async connect(url, { user, answer } = {}) {
      const capabilities = answer ? { elicitation: {} } : {};
      const client = new Client({ name: 'clients', version: '1.0.0' }, { capabilities });
      if (answer) {
        client.setRequestHandler(ElicitRequestSchema, async ({ params }) => answer(params));
      }
      const line = await lines[transport](url, user);
      await client.connect(line);
      return { client, line };
    },
    list: async ({ client }) => (await client.listTools()).tools.map(({ name }) => name),
    async call({ client }, name, args, { onProgress, signal } = {}) {
      const onprogress = onProgress && (({ progress }) => onProgress(progress));
      const options = { timeout, signal, ...(onprogress && { onprogress }) };
      const { content } = await client.callTool({ name, arguments: args }, undefined, options);
      return textOf(content);
    },
    async close({ client, line }) {
      await line.terminateSession?.();
      await client.close();
    },
  };
};

import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';
import { textOf } from './text-of.mjs';

/** The client of the OpenAI Agents SDK. */
export default async ({ module = '@openai/agents-core', transport = 'http' }) => {
  const { MCPServerStreamableHttp, MCPServerSSE } = await import(module);

  return {
    cancels: true,
    async connect(url, { user } = {}) {
      const Server = transport === 'http' ? MCPServerStreamableHttp : MCPServerSSE;
      const requestInit = { headers: bearerOf(user) };
      const clientSessionTimeoutSeconds = timeout / 1000;
      const server = new Server({ url, requestInit, clientSessionTimeoutSeconds, timeout });
      await server.connect();
      return server;
    },
    list: async (server) => (await server.listTools()).map(({ name }) => name),
    call: async (server, name, args, { signal } = {}) =>
      textOf(await server.callTool(name, args, null, { signal })),
    close: (server) => server.close(),
  };
};

import { timeout } from '../journeys/timeout.mjs';

/** The client of the OpenAI Agents SDK. */
export default async ({ module = '@openai/agents-core', transport = 'http' }) => {
  const { MCPServerStreamableHttp, MCPServerSSE } = await import(module);

  return {
    async connect(url) {
      const Server = transport === 'http' ? MCPServerStreamableHttp : MCPServerSSE;
      const server = new Server({ url, clientSessionTimeoutSeconds: timeout / 1000, timeout });
      await server.connect();
      return server;
    },
    list: async (server) => (await server.listTools()).map(({ name }) => name),
    call: async (server, name, args) => (await server.callTool(name, args))[0].text,
    close: (server) => server.close(),
  };
};

import { timeout } from '../journeys/timeout.mjs';

/** The AI SDK's client, which makes functions of tools. */
export default async ({ module = '@ai-sdk/mcp', transport = 'http' }) => {
  const { createMCPClient } = await import(module);

  return {
    reconnects: transport === 'sse',
    async connect(url) {
      const client = await createMCPClient({ transport: { type: transport, url } });
      return { client, tools: await client.tools() };
    },
    list: async ({ client }) => Object.keys(await client.tools()),
    async call({ tools }, name, args) {
      const abortSignal = AbortSignal.timeout(timeout);
      const options = { toolCallId: '1', messages: [], abortSignal };
      const { content } = await tools[name].execute(args, options);
      return content[0].text;
    },
    close: ({ client }) => client.close(),
  };
};

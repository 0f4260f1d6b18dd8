import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';
import { textOf } from './text-of.mjs';

/** The AI SDK's client, which makes functions of tools. */
export default async ({ module = '@ai-sdk/mcp', transport = 'http' }) => {
  const { createMCPClient, ElicitationRequestSchema } = await import(module);

  return {
    cancels: true,
    answers: true,
    reconnects: transport === 'sse',
    async connect(url, { user, answer } = {}) {
      const client = await createMCPClient({
        transport: { type: transport, url, headers: bearerOf(user) },
        ...(answer && { capabilities: { elicitation: {} } }),
      });
      if (answer) {
        client.onElicitationRequest(ElicitationRequestSchema, async ({ params }) => answer(params));
      }
      return { client, tools: await client.tools() };
    },
    list: async ({ client }) => Object.keys(await client.tools()),
    async call({ tools }, name, args, { signal } = {}) {
      const late = AbortSignal.timeout(timeout);
      const abortSignal = signal ? AbortSignal.any([signal, late]) : late;
      const options = { toolCallId: '1', messages: [], abortSignal };
      return textOf((await tools[name].execute(args, options)).content);
    },
    close: ({ client }) => client.close(),
  };
};

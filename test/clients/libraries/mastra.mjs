import { noopLogger } from '@mastra/core/logger';
import { MCPClient } from '@mastra/mcp';
import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';
import { textOf } from './text-of.mjs';

/** Mastra's client, which makes tools of Mastra of ours. */
export default ({ protocolVersion }) => ({
  reports: true,
  cancels: true,
  answers: true,
  async connect(url, { user, answer } = {}) {
    const client = new MCPClient({
      // It hands out one client for one configuration.
      id: crypto.randomUUID(),
      servers: {
        everything: {
          url: new URL(url),
          requestInit: { headers: bearerOf(user) },
          enableProgressTracking: true,
          timeout,
          ...(answer && { inputRequests: async ({ params }) => answer(params) }),
          ...(protocolVersion && { protocolVersion }),
        },
      },
    });
    client.__setLogger(noopLogger);
    const listeners = new Set();
    await client.progress.onUpdate('everything', ({ progress }) =>
      listeners.forEach((listener) => listener(progress)),
    );
    return { client, listeners, tools: await client.listTools() };
  },
  list: async ({ tools }) => Object.keys(tools).map((name) => name.replace('everything_', '')),
  async call({ tools, listeners }, name, args, { onProgress, signal } = {}) {
    if (onProgress) listeners.add(onProgress);
    const { content } = await tools[`everything_${name}`].execute(args, { abortSignal: signal });
    return textOf(content);
  },
  close: ({ client }) => client.disconnect(),
});

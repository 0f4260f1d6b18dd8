import { noopLogger } from '@mastra/core/logger';
import { MCPClient } from '@mastra/mcp';
import { timeout } from '../journeys/timeout.mjs';

/** Mastra's client, which makes tools of Mastra of ours. */
export default ({ protocolVersion }) => ({
  reports: true,
  async connect(url) {
    const server = { url: new URL(url), enableProgressTracking: true, timeout };
    const client = new MCPClient({
      servers: { everything: { ...server, ...(protocolVersion && { protocolVersion }) } },
    });
    client.__setLogger(noopLogger);
    const listeners = new Set();
    await client.progress.onUpdate('everything', ({ progress }) =>
      listeners.forEach((listener) => listener(progress)),
    );
    return { client, listeners, tools: await client.listTools() };
  },
  list: async ({ tools }) => Object.keys(tools).map((name) => name.replace('everything_', '')),
  async call({ tools, listeners }, name, args, onProgress) {
    if (onProgress) listeners.add(onProgress);
    const { content } = await tools[`everything_${name}`].execute(args, {});
    return content[0].text;
  },
  close: ({ client }) => client.disconnect(),
});

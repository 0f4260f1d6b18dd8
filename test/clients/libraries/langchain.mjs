import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { timeout } from '../journeys/timeout.mjs';

/** LangChain's client, which makes tools of LangChain of ours. */
export default ({ transport = 'http' }) => ({
  reports: true,
  async connect(url) {
    const listeners = new Set();
    const client = new MultiServerMCPClient({
      // Whatever is answered, it must be the transport that was asked for.
      mcpServers: { everything: { transport, url, automaticSSEFallback: false } },
      onProgress: ({ progress }) => listeners.forEach((listener) => listener(progress)),
    });
    const tools = await client.getTools();
    return { client, tools, listeners };
  },
  list: async ({ tools }) => tools.map(({ name }) => name),
  async call({ tools, listeners }, name, args, onProgress) {
    if (onProgress) listeners.add(onProgress);
    return tools.find((tool) => tool.name === name).invoke(args, { timeout });
  },
  close: ({ client }) => client.close(),
});

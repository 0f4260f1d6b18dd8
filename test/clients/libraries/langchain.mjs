import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';

/** LangChain's client, which makes tools of LangChain of ours. */
export default ({ transport = 'http' }) => ({
  reports: true,
  cancels: true,
  async connect(url, { user } = {}) {
    const listeners = new Set();
    // Whatever is answered, it must be the transport that was asked for.
    const server = { transport, url, automaticSSEFallback: false, headers: bearerOf(user) };
    const client = new MultiServerMCPClient({
      mcpServers: { everything: server },
      onProgress: ({ progress }) => listeners.forEach((listener) => listener(progress)),
    });
    const tools = await client.getTools();
    return { client, tools, listeners };
  },
  list: async ({ tools }) => tools.map(({ name }) => name),
  async call({ tools, listeners }, name, args, { onProgress, signal } = {}) {
    if (onProgress) listeners.add(onProgress);
    return tools.find((tool) => tool.name === name).invoke(args, { timeout, signal });
  },
  close: ({ client }) => client.close(),
});

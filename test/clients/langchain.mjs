import { MultiServerMCPClient } from '@langchain/mcp-adapters';
import { timeout } from './timeout.mjs';
import { travel } from './travel.mjs';

const seen = [];

await travel({
  async connect(url) {
    const client = new MultiServerMCPClient({
      // Whatever is answered, it must be Streamable HTTP that worked.
      mcpServers: { everything: { transport: 'http', url, automaticSSEFallback: false } },
      onProgress: ({ progress }) => seen.push(progress),
    });
    const tools = await client.getTools();
    return { client, tools };
  },
  list: async ({ tools }) => tools.map(({ name }) => name),
  call: ({ tools }, name, args) =>
    tools.find((tool) => tool.name === name).invoke(args, { timeout }),
  async progress({ tools }, name, args) {
    await tools.find((tool) => tool.name === name).invoke(args);
    return seen;
  },
  close: ({ client }) => client.close(),
});

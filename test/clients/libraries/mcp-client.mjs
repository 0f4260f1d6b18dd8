import { MCPClient } from 'mcp-client';
import { timeout } from '../journeys/timeout.mjs';
import { textOf } from './text-of.mjs';

/** The `mcp-client` package, of the author of fastmcp. */
export default ({ transport = 'http' }) => ({
  reports: true,
  async connect(url) {
    const client = new MCPClient({ name: 'clients', version: '1.0.0' });
    await client.connect({ type: transport === 'http' ? 'httpStream' : 'sse', url });
    return client;
  },
  list: async (client) => (await client.getAllTools()).map(({ name }) => name),
  async call(client, name, args, { onProgress } = {}) {
    const hearing = onProgress && { onProgress: ({ progress }) => onProgress(progress) };
    const requestOptions = { timeout, ...hearing };
    const { content } = await client.callTool({ name, arguments: args }, { requestOptions });
    return textOf(content);
  },
  close: (client) => client.close(),
});

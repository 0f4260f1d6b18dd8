import { MCPClient } from 'mcp-client';
import { timeout } from '../journeys/timeout.mjs';

/** The `mcp-client` package, of the author of fastmcp. */
export default ({ transport = 'http' }) => ({
  reports: true,
  async connect(url) {
    const client = new MCPClient({ name: 'clients', version: '1.0.0' });
    await client.connect({ type: transport === 'http' ? 'httpStream' : 'sse', url });
    return client;
  },
  list: async (client) => (await client.getAllTools()).map(({ name }) => name),
  async call(client, name, args, onProgress) {
    const requestOptions = { timeout, ...(onProgress && { onProgress: progressOf(onProgress) }) };
    const { content } = await client.callTool({ name, arguments: args }, { requestOptions });
    return content[0].text;
  },
  close: (client) => client.close(),
});

const progressOf =
  (onProgress) =>
  ({ progress }) =>
    onProgress(progress);

import { MCPClient } from '@zuplo/mcp/client';
import { HTTPClientTransport } from '@zuplo/mcp/transport/httpclient';
import { textOf } from './text-of.mjs';

/** Zuplo's client, which is not built on the SDK. */
export default () => ({
  async connect(url) {
    const client = new MCPClient({ name: 'clients', version: '1.0.0' });
    await client.connect(new HTTPClientTransport({ url }));
    await client.initialize();
    return client;
  },
  list: async (client) => (await client.listTools()).map(({ name }) => name),
  call: async (client, name, args) => textOf((await client.callTool(name, args)).content),
  close: (client) => client.disconnect(),
});

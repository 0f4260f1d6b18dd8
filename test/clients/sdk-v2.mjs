import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

import { timeout } from './timeout.mjs';

/** What the v2 SDK's client does, with the given options. */
export const sdkV2 = (options) => ({
  async connect(url) {
    const client = new Client({ name: 'clients', version: '1.0.0' }, options);
    const transport = new StreamableHTTPClientTransport(new URL(url));
    await client.connect(transport);
    return { client, transport };
  },
  list: async ({ client }) => (await client.listTools()).tools.map(({ name }) => name),
  async call({ client }, name, args) {
    const { content } = await client.callTool({ name, arguments: args }, { timeout });
    return content[0].text;
  },
  async progress({ client }, name, args) {
    const seen = [];
    const onprogress = ({ progress }) => seen.push(progress);
    await client.callTool({ name, arguments: args }, { onprogress });
    return seen;
  },
  async close({ client, transport }) {
    await transport.terminateSession();
    await client.close();
  },
});

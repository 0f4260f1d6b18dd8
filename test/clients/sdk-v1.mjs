import { timeout } from './timeout.mjs';

/** What the v1 SDK's client does, in whichever release and with whatever options it is handed. */
export const sdkV1 = ({ Client, StreamableHTTPClientTransport }, options) => ({
  async connect(url) {
    const client = new Client({ name: 'clients', version: '1.0.0' }, { capabilities: {} });
    const transport = new StreamableHTTPClientTransport(new URL(url), options);
    await client.connect(transport);
    return { client, transport };
  },
  list: async ({ client }) => (await client.listTools()).tools.map(({ name }) => name),
  async call({ client }, name, args) {
    const { content } = await client.callTool({ name, arguments: args }, undefined, { timeout });
    return content[0].text;
  },
  async progress({ client }, name, args) {
    const seen = [];
    const onprogress = ({ progress }) => seen.push(progress);
    await client.callTool({ name, arguments: args }, undefined, { onprogress });
    return seen;
  },
  async close({ client, transport }) {
    await transport.terminateSession();
    await client.close();
  },
});

import { timeout } from '../journeys/timeout.mjs';
import { serverOnStdio } from './server-on-stdio.mjs';

/** The v2 SDK's client, of the given package, told which eras to speak. */
export default async ({
  module = '@modelcontextprotocol/client',
  transport = 'http',
  versionNegotiation,
}) => {
  const { Client, StreamableHTTPClientTransport } = await import(module);

  const lines = {
    http: (url) => new StreamableHTTPClientTransport(new URL(url)),
    async stdio() {
      const { StdioClientTransport } = await import(`${module}/stdio`);
      return new StdioClientTransport(serverOnStdio);
    },
  };

  return {
    reports: true,
    async connect(url) {
      const options = versionNegotiation && { versionNegotiation };
      const client = new Client({ name: 'clients', version: '1.0.0' }, options);
      const line = await lines[transport](url);
      await client.connect(line);
      return { client, line };
    },
    list: async ({ client }) => (await client.listTools()).tools.map(({ name }) => name),
    async call({ client }, name, args, onProgress) {
      const onprogress = onProgress && (({ progress }) => onProgress(progress));
      const options = { timeout, ...(onprogress && { onprogress }) };
      const { content } = await client.callTool({ name, arguments: args }, options);
      return content[0].text;
    },
    async close({ client, line }) {
      await line.terminateSession?.();
      await client.close();
    },
  };
};

import { timeout } from '../journeys/timeout.mjs';
import { bearerOf } from './bearer.mjs';
import { serverOnStdio } from './server-on-stdio.mjs';
import { textOf } from './text-of.mjs';

/** The v2 SDK's client, of the given package, told which eras to speak. */
export default async ({ module = '@modelcontextprotocol/client', transport = 'http', mode }) => {
  const { Client, StreamableHTTPClientTransport } = await import(module);

  const lines = {
    http(url, user) {
      const requestInit = { headers: bearerOf(user) };
      return new StreamableHTTPClientTransport(new URL(url), { requestInit });
    },
    async stdio() {
      const { StdioClientTransport } = await import(`${module}/stdio`);
      return new StdioClientTransport(serverOnStdio);
    },
  };

  return {
    reports: true,
    cancels: true,
    answers: true,
    async connect(url, { user, answer, extensions } = {}) {
      const capabilities = { ...(answer && { elicitation: { form: {} } }), extensions };
      const options = { capabilities, ...(mode !== undefined && { versionNegotiation: { mode } }) };
      const client = new Client({ name: 'clients', version: '1.0.0' }, options);
      if (answer) client.setRequestHandler('elicitation/create', ({ params }) => answer(params));
      const line = await lines[transport](url, user);
      await client.connect(line);
      return { client, line };
    },
    list: async ({ client }) => (await client.listTools()).tools.map(({ name }) => name),
    async call({ client }, name, args, { onProgress, signal } = {}) {
      const onprogress = onProgress && (({ progress }) => onProgress(progress));
      const options = { timeout, signal, ...(onprogress && { onprogress }) };
      const { content } = await client.callTool({ name, arguments: args }, options);
      return textOf(content);
    },
    async close({ client, line }) {
      await line.terminateSession?.();
      await client.close();
    },
  };
};

import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ElicitRequestSchema, ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { createHost, type OpenScope } from 'mcp-actors/host';
import { connectInMemory } from 'mcp-actors/memory';
import { notes } from './notes-server.ts';

const everything = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
);
const child = { command: process.execPath, args: [everything], stderr: 'ignore' as const };

/** Every browser has a scope, and every scope servers of its own: one in here, one a child process. */
export const host = createHost({
  secret: process.env['SCOPE_SECRET'] ?? randomBytes(32).toString('hex'),
  secure: false, // http on loopback
  open: async (scope) => ({
    notes: await connect(scope, 'notes', connectInMemory(notes)),
    everything: await connect(scope, 'everything', new StdioClientTransport(child)),
  }),
});

/** A client whose server may ask the person at the browser. */
function connect(scope: OpenScope, name: string, transport: Transport): Promise<Client> {
  const info = { name: 'web-host', version: '1.0.0' };
  const client = new Client(info, { capabilities: { elicitation: {} } });
  client.setRequestHandler(ElicitRequestSchema, ({ params }, { signal }) => {
    // What a browser answers can be anything: the schema has the last word.
    const options = { signal, schema: ElicitResultSchema };
    return scope.ask('elicitation', { server: name, ...params }, options);
  });
  return scope.connect(name, client, transport);
}

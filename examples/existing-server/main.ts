// A published server, taken as it is: one instance for each session, cleaned up on every end.
import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { createServer } from '@modelcontextprotocol/server-everything/dist/server/index.js';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';

const cleaned: string[] = [];
const runtime = createRuntime({
  server(session) {
    const { server, cleanup } = createServer();
    session.own(() => cleanup(session.id));
    session.own(() => cleaned.push(session.id));
    return server;
  },
});
const host = await serve(runtime, { port: 0 });

/** Starts a timer in the server that only `cleanup` stops: without it, this would never exit. */
async function connect(name: string) {
  const client = new Client({ name, version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(host.url));
  const heard = new Promise<string>((resolve) => {
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      resolve(String(params.data));
    });
  });
  await client.connect(transport);
  await client.callTool({ name: 'toggle-simulated-logging', arguments: {} });
  assert((await heard).endsWith(`SessionId ${transport.sessionId}`));
  return { client, transport, id: transport.sessionId };
}
const [alice, bob] = await Promise.all([connect('alice'), connect('bob')]);
await alice.transport.terminateSession(); // Alice ends her session, Bob's ends with the server
await Promise.all([alice.client.close(), bob.client.close()]);
await host.close();
assert.deepEqual(cleaned, [alice.id, bob.id]);
console.log('Two instances, two cleanups');

import assert from 'node:assert/strict';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema, type JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** Takes one client through a cancel, progress and a question; returns every message it got. */
export async function visit(url: string, nonce: string): Promise<JSONRPCMessage[]> {
  const inbox: JSONRPCMessage[] = [];
  const transport = Object.assign(new StreamableHTTPClientTransport(new URL(url)), {
    onmessage: (message: JSONRPCMessage) => void inbox.push(message),
  });

  const capabilities = { elicitation: {} };
  const client = new Client({ name: 'one-of-many', version: '1.0.0' }, { capabilities });
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    assert.equal(params.message, nonce);
    return { action: 'accept', content: { nonce } };
  });
  await client.connect(transport);

  const cancel = new AbortController();
  const waiting = client.callTool({ name: 'wait', arguments: { nonce } }, undefined, {
    signal: cancel.signal,
    onprogress: () => cancel.abort('enough'),
  });
  await assert.rejects(waiting, /enough/);

  const steps: unknown[] = [];
  const { content } = await client.callTool({ name: 'work', arguments: { nonce } }, undefined, {
    onprogress: ({ progress, message }) => steps.push([progress, message]),
  });
  assert.deepEqual(
    steps,
    [1, 2, 3].map((step) => [step, nonce]),
  );
  assert.deepEqual(content, [{ type: 'text', text: `${nonce} ${nonce}` }]);
  await transport.terminateSession();
  await client.close();
  return inbox;
}

import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, it } from 'vitest';
import { startExample } from '../support/example.ts';
import { callText, sdkV1 } from '../support/sdkClients.ts';
import { refusedUpgrade, WebSocketPeer } from '../support/webSocketPeer.ts';

async function counts(client: Client): Promise<unknown[]> {
  return [await callText(client, 'count'), await callText(client, 'count')];
}

it('examples/websocket.ts knows its callers by their token, and refuses unknown ones', async () => {
  const url = await startExample('websocket.ts', /ws:\S+/);
  const who = async (headers: Record<string, string>): Promise<unknown> => {
    const peer = await WebSocketPeer.connect(url, { headers });
    const { result } = await peer.ask('tools/call', { name: 'whoami', arguments: {} });
    peer.socket.close();
    return result?.['content'];
  };
  expect(await who({ authorization: 'Bearer token-of-alice' })).toMatchObject([{ text: 'alice' }]);
  expect(await who({})).toMatchObject([{ text: 'undefined' }]);
  const { status } = await refusedUpgrade(url, { authorization: 'Bearer guessed' });
  expect(status).toBe(401);
});

it('examples/stdio.ts counts on stdin and stdout', async () => {
  const client = sdkV1();
  const args = ['--import', 'tsx', 'examples/stdio.ts'];
  const transport = new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' });
  await client.connect(transport);
  expect(await counts(client)).toEqual(['1', '2']);
});

it('examples/legacy-sse.ts counts for each client on its own', async () => {
  const url = new URL(await startExample('legacy-sse.ts'));
  const clients = [sdkV1(), sdkV1()];
  for (const client of clients) {
    await client.connect(new SSEClientTransport(url));
    expect(await counts(client)).toEqual(['1', '2']);
  }
});

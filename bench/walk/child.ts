import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';

import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime } from 'mcp-actors';
import { nodeHandler } from 'mcp-actors/node';

/** Where the probes write: the number of each function as it is entered. */
const entered: number[] = [];
Object.assign(globalThis, { entered });

const runtime = createRuntime({
  server: () => {
    const server = new McpServer({ name: 'walk', version: '1.0.0' });
    server.registerTool('greet', {}, async ({ _meta, sendNotification }) => {
      const progressToken = _meta?.progressToken;
      if (progressToken !== undefined) {
        const params = { progressToken, progress: 1, total: 2 };
        await sendNotification({ method: 'notifications/progress', params });
      }
      return { content: [{ type: 'text', text: 'hello' }] };
    });
    return server;
  },
});
const http = createServer(nodeHandler(runtime));
await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve));
const { port } = http.address() as AddressInfo;

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly session: string | undefined;
  readonly text: string;
}

/** One POST, and what it walked through until nothing moves any more. */
async function post(message: object, session?: string): Promise<[Answer, number[]]> {
  await quiet();
  entered.length = 0;
  const answer = await new Promise<Answer>((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(session === undefined
        ? {}
        : { 'mcp-session-id': session, 'mcp-protocol-version': '2025-11-25' }),
    };
    const sent = request({ port, host: '127.0.0.1', method: 'POST', path: '/mcp', headers });
    sent.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('error', reject).on('data', (chunk: Buffer) => void chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          type: response.headers['content-type'],
          session: response.headers['mcp-session-id']?.toString(),
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.end(JSON.stringify({ jsonrpc: '2.0', ...message }));
  });
  await quiet();
  return [answer, [...entered]];
}

/** Waits until the event loop turned some times without any function of ours being entered. */
async function quiet(): Promise<void> {
  for (let turns = 0, seen = entered.length; turns < 50; turns += 1) {
    await setImmediate();
    if (entered.length !== seen) [turns, seen] = [0, entered.length];
  }
}

function check(answer: Answer, status: number, type: string | undefined, text: string): void {
  if (answer.status === status && answer.type === type && answer.text.includes(text)) return;
  throw new Error(`not the answer that is walked: ${JSON.stringify(answer)}`);
}

const JSON_TYPE = 'application/json';
const walks: Record<string, number[]>[] = [];

for (let round = 0; round < Number(process.argv[2]); round += 1) {
  const clientInfo = { name: 'walker', version: '1.0.0' };
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
  const [born, initialize] = await post({ id: 0, method: 'initialize', params });
  check(born, 200, JSON_TYPE, '"protocolVersion":"2025-11-25"');
  const [confirmed, initialized] = await post(
    { method: 'notifications/initialized' },
    born.session,
  );
  check(confirmed, 202, undefined, '');

  const call = (id: number, _meta?: object): ReturnType<typeof post> =>
    post({ id, method: 'tools/call', params: { name: 'greet', _meta } }, born.session);
  // The session is warm from the second call on.
  await call(1);
  const [plain, calling] = await call(2);
  check(plain, 200, JSON_TYPE, 'hello');
  const [streamed, progressing] = await call(3, { progressToken: 1 });
  check(streamed, 200, 'text/event-stream', 'notifications/progress');
  walks.push({
    initialize,
    'notifications/initialized': initialized,
    'tools/call': calling,
    'tools/call, one progress': progressing,
  });
}

await new Promise((resolve) => void http.close(resolve));
await runtime.close();
console.log(JSON.stringify(walks));

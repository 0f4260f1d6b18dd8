import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createRuntime, type Runtime } from 'mcp-actors';
import { childProcess, upstream } from 'mcp-actors/gateway';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WireClient } from '../support/wireClient.ts';

const NUMBERS = '{"id":9007199254740993,"list":[1.0,1e2,-0,123456789012345678901234567890]}';

/** Gives the arguments of a call back as they were written. */
const ECHO = `
  require('node:readline').createInterface(process.stdin).on('line', (line) => {
    const { id, method } = JSON.parse(line);
    if (id === undefined) return;
    const info = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'x', version: '1' } };
    const [, echo] = /"arguments": *(\\{.*?\\}) *\\}/.exec(line) ?? [];
    const result = method === 'initialize' ? JSON.stringify(info) : '{"structuredContent":' + echo + '}';
    console.log('{"jsonrpc":"2.0","id":' + JSON.stringify(id) + ',"result":' + result + '}');
  });`;

/** Calls a tool with numbers as they are written. @returns the answer as it is written */
async function call(runtime: Runtime, id: number | string): Promise<string> {
  runtime.on('session.crashed', () => {});
  onTestFinished(() => runtime.close());
  const client = await WireClient.open(runtime);
  const params = `{"name":"echo","arguments":${NUMBERS}}`;
  const body = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"method":"tools/call",\n"params":${params}}`;
  const reply = await client.post(body);
  return (await reply.whole()).text;
}

describe('W11: numbers that JavaScript has not', () => {
  it.each([1, 0, '', 'a'])('pass a child both ways, in a request with the id %j', async (id) => {
    const runtime = createRuntime({
      server: childProcess({ command: process.execPath, args: ['-e', ECHO] }),
    });
    const answer = await call(runtime, id);
    expect(answer).toContain(`"structuredContent":${NUMBERS}`);
    expect(JSON.parse(answer)).toMatchObject({ id });
  });

  it.each(['application/json', 'text/event-stream'])(
    'pass a remote server both ways, by %s',
    async (type) => {
      const server = createServer((request, response) => {
        void text(request).then((body) => {
          if (request.method !== 'POST') return response.writeHead(405).end();
          const { id, method } = JSON.parse(body) as { id?: number; method: string };
          if (id === undefined) return response.writeHead(202).end();
          const serverInfo = { name: 'x', version: '1' };
          const info = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo };
          const [, echo] = /"arguments": *(\{.*?\}) *\}/.exec(body) ?? [];
          const result =
            method === 'initialize' ? JSON.stringify(info) : `{"structuredContent":${echo}}`;
          const json = `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
          response.writeHead(200, { 'content-type': type });
          return response.end(
            type === 'application/json' ? json : `event: message\ndata: ${json}\n\n`,
          );
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      const { port } = server.address() as AddressInfo;
      const runtime = createRuntime({ server: upstream({ url: `http://127.0.0.1:${port}/mcp` }) });
      expect(await call(runtime, 1)).toContain(`"structuredContent":${NUMBERS}`);
    },
  );
});

import { gzipSync } from 'node:zlib';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { call, request } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';

const ping = request(1, 'ping');

describe.each(DOORS)('over %s', (kind) => {
  it('W16: a body with a content coding is 415, and says which is taken', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const body = gzipSync(JSON.stringify(ping));
    const reply = await client.ask(body, { 'content-encoding': 'gzip' });
    expect([reply.status, reply.headers['accept-encoding']]).toEqual([415, 'identity']);
    expect(reply.message).toMatchObject({ error: { data: { code: 'body-encoded' } } });
    const plain = await client.ask(ping, { 'content-encoding': 'identity' });
    expect(plain.status).toBe(200);
  });

  it.each([undefined, '', 'application/json'])(
    'W16: POST that accepts %j is served as JSON',
    async (accept) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const reply = await client.ask(ping, { accept });
      expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json']);
    },
  );

  it('W16: a client that accepts only JSON gets JSON, however long its call lasts', async () => {
    const rig = await startRig(kind, { sseAfterMs: 10 });
    const client = await rig.connect();
    const asked = client.ask(call(1, 'slow', { gate: 'g' }), { accept: 'application/json' });
    await rig.gates.reached('g');
    rig.clock.advance(1000);
    rig.gates.open('g');
    expect((await asked).headers['content-type']).toBe('application/json');
  });

  it('W16: where answers are streams, a client that accepts only JSON is 406', async () => {
    const rig = await startRig(kind, { responseMode: 'sse' });
    const reply = await rig.client().ask(ping, { accept: 'application/json' });
    expect(reply.status).toBe(406);
  });
});

/** The status of an answer to a head as it is written. */
async function statusOf(port: number, target: string, host = '127.0.0.1'): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  socket.write(`PUT ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  for await (const data of socket) return String(data).slice(9, 12);
  return 'nothing';
}

describe('the target of a request', () => {
  it.each(['/mcp', '/mcp/', '/mcp/?a=b', 'http://127.0.0.1/mcp', 'http://localhost:1/mcp/'])(
    'W16: %s leads to MCP',
    async (target) => {
      const { door } = await startRig('node http');
      expect(await statusOf(door.port, target)).toBe('405');
    },
  );

  it.each(['/mcp2', '/mcp//', '/', 'http://127.0.0.1/other'])(
    'W16: %s does not',
    async (target) => {
      const { door } = await startRig('node http');
      expect(await statusOf(door.port, target)).toBe('404');
    },
  );

  it('W16: in absolute form names the host, whatever Host says', async () => {
    const { door } = await startRig('node http');
    expect(await statusOf(door.port, 'http://evil.example/mcp')).toBe('403');
    expect(await statusOf(door.port, 'http://127.0.0.1/mcp', 'evil.example')).toBe('405');
  });
});

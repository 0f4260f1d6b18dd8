import { describe, expect, it } from 'vitest';
import { DOORS } from '../../support/door.ts';
import { eventually } from '../../support/eventually.ts';
import { call, notification, request } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';

const ping = request(1, 'ping');
const LIMIT = 4096;

/** A ping of exactly so many bytes. */
const pingOf = (bytes: number): string => {
  const bare = JSON.stringify(request(1, 'ping', { pad: '' }));
  return JSON.stringify(request(1, 'ping', { pad: 'x'.repeat(bytes - bare.length) }));
};

describe.each(DOORS)('over %s', (kind) => {
  it.each(['text/event-stream', 'text/html', '*/*;q=0'])(
    'P1: POST that accepts %j is 406',
    async (accept) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const reply = await client.ask(ping, { accept });
      expect(reply.status).toBe(406);
      expect(reply.message).toMatchObject({ id: null, error: { code: -32000 } });
    },
  );

  it.each(['*/*', 'text/event-stream, application/json;q=0.9', 'application/*, text/*'])(
    'P1: POST that accepts %j is served',
    async (accept) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const reply = await client.ask(ping, { accept });
      expect(reply.status).toBe(200);
    },
  );

  it.each([
    'text/plain',
    'application/jsonx',
    'text/plain; application/json',
    'application/xml',
    '',
  ])('P2: POST of type %j is 415', async (type) => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(ping, { 'content-type': type });
    expect(reply.status).toBe(415);
    expect(reply.message).toMatchObject({ id: null, error: { code: -32000 } });
  });

  it.each(['application/json; charset=utf-8', 'Application/JSON'])(
    'P2: POST of type %j is served',
    async (type) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const reply = await client.ask(ping, { 'content-type': type });
      expect(reply.status).toBe(200);
    },
  );

  it('P3: a body of exactly maxBodyBytes is served', async () => {
    const rig = await startRig(kind, { maxBodyBytes: LIMIT });
    const client = await rig.connect();
    const reply = await client.ask(pingOf(LIMIT));
    expect(reply.status).toBe(200);
  });

  it.each([
    ['declared', { 'content-length': String(LIMIT + 1) }],
    ['counted', kind === 'fetch' ? {} : { 'transfer-encoding': 'chunked' }],
  ])('P3: one byte more, %s, is 413 and closes the connection', async (_how, headers) => {
    const rig = await startRig(kind, { maxBodyBytes: LIMIT });
    const client = await rig.connect();
    const reply = await client.ask(pingOf(LIMIT + 1), headers);
    expect(reply.status).toBe(413);
    expect(reply.headers['connection']).toBe('close');
    expect(reply.message).toMatchObject({ id: null, error: { code: -32000 } });
    const after = await client.ask(ping);
    expect(after.status).toBe(200);
  });

  it('P3: bytes are counted, not characters', async () => {
    const rig = await startRig(kind, { maxBodyBytes: LIMIT });
    const client = await rig.connect();
    const text = JSON.stringify(request(1, 'ping', { pad: '€'.repeat(LIMIT / 2) }));
    expect(text.length).toBeLessThan(LIMIT);
    const reply = await client.ask(text);
    expect(reply.status).toBe(413);
  });

  it.each([
    [
      'too deep',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":${'['.repeat(64)}${']'.repeat(64)}}}`,
    ],
    [
      'too many elements',
      `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":[${'true,'.repeat(20_000)}1]}}`,
    ],
    ['deep and not even JSON', '['.repeat(100_000)],
  ])('P3: a body %s is 400 -32600', async (_what, body) => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(body);
    expect(reply.status).toBe(400);
    expect(reply.message).toMatchObject({ id: null, error: { code: -32600 } });
  });

  it.each(['2024-11-05', '2025-06-18', '2025-11-25'])(
    'P4: any array is 400 -32600 in a session of %s',
    async (version) => {
      const rig = await startRig(kind);
      const client = await rig.connect({ version });
      for (const batch of [
        [],
        [ping],
        [ping, request(2, 'ping')],
        [notification('x')],
        [[]],
        [1],
      ]) {
        const reply = await client.ask(batch);
        expect(reply.status).toBe(400);
        expect(reply.message).toMatchObject({ id: null, error: { code: -32600 } });
      }
    },
  );

  it('P4: a batch of 2025-03-26 is answered by one array, each request once', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    const reply = await client.ask([
      call(1, 'echo', { text: 'one' }),
      notification('notifications/x'),
      call('1', 'echo', { text: 'two' }),
      request(0, 'ping'),
    ]);
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json');
    const answers = JSON.parse(reply.text) as { id: unknown }[];
    expect(answers).toHaveLength(3);
    expect(new Set(answers.map(({ id }) => id))).toEqual(new Set([0, 1, '1']));
    expect(rig.fixture.finished.toSorted()).toEqual(['one', 'two']);
  });

  it('P4: a batch of 2025-03-26 that only tells is 202', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    const reply = await client.ask([
      notification('notifications/x'),
      { jsonrpc: '2.0', id: 9, result: {} },
    ]);
    expect(reply.status).toBe(202);
    expect(reply.text).toBe('');
  });

  it('P4: an id twice in one batch is answered once well and once with an error', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    const reply = await client.ask([
      call(1, 'echo', { text: 'a' }),
      call(1, 'echo', { text: 'b' }),
    ]);
    expect(reply.messages).toHaveLength(2);
    expect(reply.messages.map(({ error }) => error?.code)).toEqual(
      expect.arrayContaining([-32600, undefined]),
    );
    expect(rig.fixture.finished).toEqual(['a']);
  });

  it('P4: a batch becomes a stream with the answers it had collected, and ends with its last', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    const reply = client.post([
      call(1, 'echo', { text: 'a' }),
      call(2, 'say', { texts: ['word'], before: 'g' }),
    ]);
    await eventually(() => rig.fixture.finished.length === 1);
    rig.gates.open('g');
    const stream = await reply;
    await stream.whole();
    expect(stream.messages.map(({ id, method }) => method ?? id)).toEqual([
      1,
      'notifications/message',
      2,
    ]);
  });

  it('P4: an empty batch and a batch with one bad message are 400 in 2025-03-26', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    for (const batch of [[], [call(1, 'echo', { text: 'a' }), {}], [[ping]]]) {
      const reply = await client.ask(batch);
      expect(reply.status).toBe(400);
      expect(reply.message).toMatchObject({ id: null, error: { code: -32600 } });
    }
    expect(rig.fixture.finished).toEqual([]);
  });

  it('P4: initialize in a batch is 400, with and without a session, and builds nothing', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect({ version: '2025-03-26' });
    const inside = await client.ask([client.handshake(), ping]);
    const outside = await client.ask([client.handshake()], { 'mcp-session-id': undefined });
    expect([inside.status, outside.status]).toEqual([400, 400]);
    expect(inside.message).toMatchObject({ error: { code: -32600 } });
    expect(outside.headers['mcp-session-id']).toBeUndefined();
    expect(rig.fixture.builds).toBe(1);
  });

  it.each([
    ['a notification', notification('notifications/roots/list_changed')],
    ['an unknown notification', notification('constructor', { a: 1 })],
    ['an answer nobody asked for', { jsonrpc: '2.0', id: 77, result: {} }],
    ['an error nobody asked for', { jsonrpc: '2.0', id: 'x', error: { code: 1, message: '' } }],
  ])('P5: %s is 202 without a body', async (_what, message) => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(message);
    expect(reply.status).toBe(202);
    expect(reply.text).toBe('');
    expect(reply.headers['content-type']).toBeUndefined();
  });

  it.each([
    '',
    ' ',
    '{',
    'nonsense',
    '{"jsonrpc":"2.0","id":1,"method":"ping"',
    '\ufeff',
    "{'a':1}",
  ])('P7: %j is not JSON: 400 -32700, id null', async (body) => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(body);
    expect(reply.status).toBe(400);
    expect(reply.message).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32700 } });
  });

  it.each([
    'null',
    '1',
    '"ping"',
    '{}',
    '{"id":1,"method":"ping"}',
    '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","id":null,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":7}}',
  ])('P7: %s is not JSON-RPC: 400 -32600, id null', async (body) => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(body);
    expect(reply.status).toBe(400);
    expect(reply.message).toMatchObject({ jsonrpc: '2.0', id: null, error: { code: -32600 } });
  });

  it('P7: a byte order mark means the same at every door: it is not JSON', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(`\ufeff${JSON.stringify(ping)}`);
    expect(reply.status).toBe(400);
    expect(reply.message).toMatchObject({ id: null, error: { code: -32700 } });
  });

  it('P7: bytes that are not UTF-8 are answered', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const bytes = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"\xff\xfe\xc0"}', 'latin1');
    const reply = await client.ask(new Uint8Array(bytes));
    expect(reply.status).toBe(200);
    expect(reply.message).toMatchObject({ id: 1, error: { code: -32601 } });
  });
});

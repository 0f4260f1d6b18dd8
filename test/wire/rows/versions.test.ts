import { McpServer } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { SESSION_REVISIONS } from '../../../src/wire/versions.ts';
import { DOORS } from '../../support/door.ts';
import { call, notification, request } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';

const [LATEST] = SESSION_REVISIONS;
const modern = () => new McpServer({ name: 'v2', version: '1.0.0' });

describe.each(DOORS)('over %s', (kind) => {
  it.each([
    '2023-01-01',
    '2026-07-28',
    '1.0',
    ' 2025-11-25',
    '2025-11-25, 2025-06-18',
    '2025-11-25, 2025-11-25',
    '',
  ])(
    'V1: MCP-Protocol-Version %j is 400 on every verb unless it names ours, and the session is unharmed',
    async (version) => {
      const rig = await startRig(kind);
      const client = await rig.connect();
      const headers = { 'mcp-protocol-version': version };
      // Both doors trim what surrounds a header's value; one value sent twice is one (row W3), and an
      // empty value is none (row W9).
      const isSupported = ['', LATEST, `${LATEST}, ${LATEST}`].includes(version.trim());
      const replies = [
        await client.ask(request(1, 'ping'), headers),
        await client.get(headers),
        await client.ask(notification('notifications/x'), headers),
        await client.delete(headers),
      ];
      // The stateless revision has neither GET nor DELETE, and takes any notification.
      const isModern = version === '2026-07-28';
      const refused = isModern ? [400, 405, 202, 405] : [400, 400, 400, 400];
      const expected = isSupported ? [200, 200, 202, 204] : refused;
      expect(replies.map(({ status }) => status)).toEqual(expected);
      const after = await client.ask(request(2, 'ping'));
      expect(after.status).toBe(isSupported ? 404 : 200);
    },
  );

  it('V1: the refusal names the revisions there are', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const reply = await client.ask(request(1, 'ping'), { 'mcp-protocol-version': '1999-01-01' });
    expect(reply.message).toMatchObject({
      id: 1,
      error: { data: { supported: [...SESSION_REVISIONS] } },
    });
    expect(reply.text).not.toContain('1999');
  });

  it('V1: a client that sends no version is served as negotiated', async () => {
    const rig = await startRig(kind);
    const headers = { 'mcp-protocol-version': undefined };
    const newest = await rig.connect();
    const primed = await newest.ask(call(1, 'say', { texts: ['a'] }), headers);
    expect(primed.frames[0]).toMatchObject({ data: '', retry: 1000 });
    const older = await rig.connect({ version: '2025-03-26' });
    const batch = await older.ask([request(1, 'ping')], headers);
    expect(JSON.parse(batch.text)).toEqual([{ jsonrpc: '2.0', id: 1, result: {} }]);
    const told = await newest.ask(notification('notifications/x'), headers);
    expect(told.status).toBe(202);
  });

  it('V1: header names are case-insensitive', async () => {
    const rig = await startRig(kind);
    const client = await rig.connect();
    const names = {
      'mcp-session-id': undefined,
      'mcp-protocol-version': undefined,
      'content-type': undefined,
      'MCP-SESSION-ID': client.sessionId,
      'McP-pRoToCoL-vErSiOn': client.version,
      'CONTENT-TYPE': 'application/json',
    };
    const reply = await client.ask(request(1, 'ping'), names);
    expect(reply.status).toBe(200);
    const bad = await client.ask(request(1, 'ping'), { ...names, 'McP-pRoToCoL-vErSiOn': 'x' });
    expect(bad.status).toBe(400);
  });

  it.each(['v1', 'v2'] as const)(
    'L1: each revision of the era is agreed to as asked, and served (SDK %s)',
    async (sdk) => {
      const rig = await startRig(kind, sdk === 'v2' ? { server: modern } : {});
      for (const version of SESSION_REVISIONS) {
        const client = rig.client({ version });
        const reply = await client.initialize();
        expect(reply.message).toMatchObject({ result: { protocolVersion: version } });
        const ping = await client.ask(request(1, 'ping'));
        expect(ping.status).toBe(200);
      }
    },
  );

  it.each([
    ['v1', '2026-07-28'],
    ['v1', '2030-01-01'],
    ['v1', '2024-10-07'],
    ['v1', 'x'],
    ['v1', ''],
    ['v2', '2026-07-28'],
    ['v2', '2030-01-01'],
    ['v2', '2024-10-07'],
    ['v2', 'x'],
  ] as const)(
    'L1: SDK %s asked for %j answers with our latest of the era, and is then served in it',
    async (sdk, asked) => {
      const rig = await startRig(kind, sdk === 'v2' ? { server: modern } : {});
      const client = rig.client();
      const reply = await client.initialize({ protocolVersion: asked });
      expect(reply.message).toMatchObject({ id: 'init', result: { protocolVersion: LATEST } });
      const ping = await client.ask(request(1, 'ping'));
      expect(ping.status).toBe(200);
      expect(rig.runtime.residents()[0]?.protocolVersion).toBe(LATEST);
    },
  );

  it('L1: the header of initialize does not matter, unless it names a revision without sessions', async () => {
    const rig = await startRig(kind);
    const named = (version: string) =>
      rig.client().initialize({}, { 'mcp-protocol-version': version });
    expect((await named('1999-01-01')).message).toMatchObject({
      result: { protocolVersion: LATEST },
    });
    const refused = await named('2026-07-28');
    expect([refused.status, refused.message.error?.code]).toEqual([400, -32020]);
  });
});

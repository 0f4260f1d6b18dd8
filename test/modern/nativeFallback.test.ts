import { McpServer } from '@modelcontextprotocol/server';
import type { Session } from 'mcp-actors';
import { describe, expect, it, vi } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';

/** When the SDK has been loaded. */
let loaded = Promise.resolve();

// Another version of the SDK, without what this library sets a server to the revision by.
vi.mock('@modelcontextprotocol/server', async (original) => ({
  ...(await original<object>()),
  PerRequestHTTPServerTransport: undefined,
}));
vi.mock(import('../../src/modern/native.ts'), async (original) => {
  const { nativeSdk } = await original();
  return { nativeSdk: () => loaded.then(nativeSdk) };
});

function world() {
  const servers: McpServer[] = [];
  const rig = new ModernWorld({
    server({ serverOptions }: Session) {
      const server = new McpServer({ name: 'other', version: '1' }, serverOptions);
      servers.push(server);
      server.registerTool('version', {}, () => ({
        content: [{ type: 'text', text: `${server.server.getNegotiatedProtocolVersion()}` }],
      }));
      return server;
    },
  });
  return { rig, servers };
}

describe('a server of an SDK that can not be set to the revision', () => {
  it('is served as in a session', async () => {
    const ann = await world().rig.client('ann');
    expect(textOf(await ann.call('version'))).toBe('2025-11-25');
  });

  it('is closed and never connected, where its session ends before that is known', async () => {
    let known!: () => void;
    loaded = new Promise((resolve) => (known = resolve));
    const { rig, servers } = world();
    const answer = (await rig.client('ann')).call('version');
    await eventually(() => servers.length === 1);
    const connects = vi.spyOn(servers[0]!, 'connect');
    const closes = vi.spyOn(servers[0]!, 'close');
    const closed = rig.runtime.close();
    await rig.settle(10_000);
    await closed;
    known();
    await rig.settle();
    expect([connects.mock.calls.length, closes.mock.calls.length]).toEqual([0, 1]);
    expect((await answer).error).toBeDefined();
  });
});

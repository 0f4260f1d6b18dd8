import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { LOCAL, openHost } from '../support/openHost.ts';

const INFO = { name: 'test', version: '1.0.0' };

const CHILD = `
  process.stdin.on('data', (data) => {
    for (const line of String(data).trim().split('\\n')) {
      const { id, method } = JSON.parse(line);
      if (method === 'tools/call') process.exit(3);
      if (id === undefined) continue;
      const info = { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } };
      const result = method === 'initialize' ? info : {};
      process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');
    }
  });`;
const child = (): StdioClientTransport =>
  new StdioClientTransport({ command: process.execPath, args: ['-e', CHILD] });

describe('a connection that is lost', () => {
  it('crashes its scope: all is released and opened again, the scope stays', async () => {
    const transports: StdioClientTransport[] = [];
    const closed: number[] = [];
    const host = openHost(async (scope) => {
      const transport = child();
      transports.push(transport);
      scope.own(() => void closed.push(transports.length));
      return scope.connect('dying', new Client(INFO), transport);
    });
    const crashed: unknown[] = [];
    host.on('session.crashed', (event) => crashed.push(event));
    const { scope } = await host.enter(LOCAL);
    const heard: unknown[] = [];
    scope.subscribe(({ kind, data }) => {
      if (kind === 'client.lost') heard.push(data);
    });
    const first = transports;
    await scope.run((client) => client.ping());
    const pid = first[0]!.pid;
    const dying = scope.run((client) => client.callTool({ name: 'die' }));
    await expect(dying).rejects.toMatchObject({
      code: 'session-over',
      cause: new Error('the connection of dying was lost'),
    });
    await eventually(() => closed.length === 1);
    expect(heard).toEqual([{ client: 'dying' }]);
    expect(crashed).toMatchObject([{ session: scope.key, restarted: true }]);
    await scope.run((client) => client.ping());
    expect(transports).toHaveLength(2);
    expect(transports[1]!.pid).not.toBe(pid);
    expect(host.stats()).toMatchObject({ crashes: 1, restarts: 1, sessions: { total: 1 } });
  });

  it('is the business of onLost where it is given', async () => {
    const lost: string[] = [];
    const host = openHost(async (scope) => {
      return {
        dying: await scope.connect('dying', new Client(INFO), child(), {
          onLost: () => lost.push('dying'),
        }),
        other: await scope.connect('other', new Client(INFO), child()),
      };
    });
    const { scope } = await host.enter(LOCAL);
    const call = scope.run(({ dying }) => dying.callTool({ name: 'die' }));
    await expect(call).rejects.toThrow('Connection closed');
    await eventually(() => lost.length === 1);
    await scope.run(({ other }) => other.ping());
    expect(host.stats()).toMatchObject({ crashes: 0, sessions: { total: 1 } });
  });

  it('is not one that was closed', async () => {
    const host = openHost(async (scope) => ({
      one: await scope.connect('one', new Client(INFO), child()),
      two: await scope.connect('two', new Client(INFO), child()),
    }));
    const { scope } = await host.enter(LOCAL);
    await scope.run(({ one }) => one.close());
    await scope.run(({ two }) => two.ping());
    scope.close();
    await eventually(() => host.stats().sessions.total === 0);
    expect(host.stats()).toMatchObject({ crashes: 0, orphans: 0 });
  });
});

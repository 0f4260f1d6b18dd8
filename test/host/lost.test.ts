import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
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

/** A remote server that forgets its first session when it is told to. */
async function startRemote(status: number, body: string) {
  let sessions = 0;
  let isRedeployed = false;
  const server = createServer((request, response) => {
    void text(request).then((sent) => {
      const { id, method } = JSON.parse(sent || '{}') as { id?: number; method?: string };
      const session = request.headers['mcp-session-id'];
      if (request.method === 'GET') return response.writeHead(405).end();
      if (isRedeployed && session === 's1') return response.writeHead(status).end(body);
      if (id === undefined) return response.writeHead(202).end();
      if (method === 'initialize') response.setHeader('mcp-session-id', `s${++sessions}`);
      const opened = { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: INFO };
      const result = method === 'initialize' ? opened : {};
      response.setHeader('content-type', 'application/json');
      return response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  });
  const { url, stop } = await listening(server);
  onTestFinished(stop);
  return { url, redeploy: () => (isRedeployed = true), count: () => sessions };
}

describe('a session that its remote server has forgotten', () => {
  it.each([
    [404, '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}'],
    [400, '{"jsonrpc":"2.0","error":{"code":-32000,"message":"No valid session"},"id":null}'],
  ])('W12: with %d: client.lost, and the next call opens it anew', async (status, body) => {
    const remote = await startRemote(status, body);
    const host = openHost((scope) =>
      scope.connect('remote', new Client(INFO), new StreamableHTTPClientTransport(remote.url)),
    );
    const { scope } = await host.enter(LOCAL);
    const heard: unknown[] = [];
    scope.subscribe(({ kind, data }) => {
      if (kind === 'client.lost') heard.push(data);
    });
    await scope.run((client) => client.ping());
    remote.redeploy();
    await expect(scope.run((client) => client.ping())).rejects.toBeInstanceOf(Error);
    await eventually(() => heard.length === 1 && host.stats().crashes === 1);
    expect(await scope.run((client) => client.ping())).toEqual({});
    expect([heard, remote.count()]).toEqual([[{ client: 'remote' }], 2]);
    expect(host.stats()).toMatchObject({ crashes: 1, restarts: 1, sessions: { total: 1 } });
  });

  it('W12: a request that is refused for itself loses nothing', async () => {
    const remote = await startRemote(403, 'no');
    const host = openHost((scope) =>
      scope.connect('remote', new Client(INFO), new StreamableHTTPClientTransport(remote.url)),
    );
    const { scope } = await host.enter(LOCAL);
    await scope.run((client) => client.ping());
    remote.redeploy();
    await expect(scope.run((client) => client.ping())).rejects.toMatchObject({ code: 403 });
    await expect(scope.run((client) => client.ping())).rejects.toMatchObject({ code: 403 });
    expect([host.stats().crashes, remote.count()]).toEqual([0, 1]);
  });
});

async function listening(server: Server): Promise<{ url: URL; stop: () => void }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: new URL(`http://127.0.0.1:${port}/mcp`), stop };
}

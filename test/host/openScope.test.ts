import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { EventEmitter } from 'node:events';
import { createRuntime, type Runtime } from 'mcp-actors';
import type { OpenScope, RpcProgress } from 'mcp-actors/host';
import { connectInMemory } from 'mcp-actors/memory';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { Fixture } from '../support/fixture.ts';
import { LOCAL, openHost } from '../support/openHost.ts';
import { rejected } from '../support/rejected.ts';

const INFO = { name: 'test', version: '1.0.0' };

function runtimeOf(fixture = new Fixture()): Runtime {
  const runtime = createRuntime({ server: fixture.factory });
  onTestFinished(() => runtime.close());
  return runtime;
}

async function urlOf(runtime: Runtime): Promise<URL> {
  const server = await serve(runtime, { port: 0, contain: false });
  onTestFinished(async () => {
    server.server.closeAllConnections();
    await server.close({ deadlineMs: 1 });
  });
  return new URL(server.url);
}

/** Calls a tool that tells of its progress so many times. */
function progress(client: Client, count: number): Promise<unknown> {
  const params = { name: 'progress', arguments: { count } };
  return client.callTool(params, undefined, { onprogress: () => {} });
}

/** What both generations of client can do. */
type Caller = Pick<Client, 'ping'> & {
  callTool(params: { name: string; arguments: object }): Promise<{ content?: unknown }>;
};
const CONNECTS: [string, (scope: OpenScope, url: URL) => Promise<unknown>][] = [
  [
    'v1',
    (scope: OpenScope, url: URL) =>
      scope.connect('tools', new Client(INFO), new StreamableHTTPClientTransport(url)),
  ],
  [
    'v2',
    (scope: OpenScope, url: URL) =>
      scope.connect('tools', new ClientV2(INFO), new TransportV2(url)),
  ],
];

describe('connect', () => {
  it.each(CONNECTS)(
    'opens, notes and ends a client of SDK %s, and its session with its server',
    async (_, open) => {
      const runtime = runtimeOf();
      const url = await urlOf(runtime);
      const host = openHost(async (scope) => (await open(scope, url)) as Caller);
      const { scope } = await host.enter(LOCAL);
      const heard: unknown[] = [];
      scope.subscribe(({ kind, data, sequence }) => heard.push([kind, data, sequence]));
      const args = { text: 'a secret argument' };
      const { content } = await scope.run((client) =>
        client.callTool({ name: 'echo', arguments: args }),
      );
      expect(content).toEqual([{ type: 'text', text: 'a secret argument' }]);
      const methods = scope.log.map(({ client, direction, kind, method }) => [
        client,
        direction,
        kind,
        method,
      ]);
      expect(methods.slice(-2)).toEqual([
        ['tools', 'out', 'request', 'tools/call'],
        ['tools', 'in', 'response', undefined],
      ]);
      expect(heard).toEqual(scope.log.map((entry) => ['rpc', entry, undefined]));
      expect(JSON.stringify([scope.log, heard, scope.events])).not.toContain('secret');
      expect(scope.log.every(({ bytes, at }) => bytes > 30 && at > 1e12)).toBe(true);
      expect(runtime.stats().sessions.total).toBe(1);
      scope.close();
      await eventually(() => host.stats().sessions.total === 0);
      expect(runtime.stats().sessions.total).toBe(0);
      expect(runtime.stats().evicted.terminated).toBe(1);
      expect(host.stats().orphans).toBe(0);
    },
  );

  it('is bounded in what it keeps: maxLogEntries', async () => {
    const runtime = runtimeOf();
    const host = openHost(
      (scope) => scope.connect('tools', new Client(INFO), connectInMemory(runtime)),
      { maxLogEntries: 4 },
    );
    const { scope } = await host.enter(LOCAL);
    await scope.run(async (client) => {
      for (let i = 0; i < 10; i++) await client.ping();
    });
    expect(scope.log.map(({ kind }) => kind)).toEqual([
      'request',
      'response',
      'request',
      'response',
    ]);
  });

  it('tells the host that messages passed, while somebody listens', async () => {
    const runtime = runtimeOf();
    const host = openHost((scope) =>
      scope.connect('tools', new Client(INFO), connectInMemory(runtime)),
    );
    const { scope } = await host.enter(LOCAL);
    await scope.run((client) => client.ping());
    const said: unknown[] = [];
    host.on('message', (event) => said.push(event));
    await scope.run((client) => client.ping());
    const bytes = expect.any(Number) as number;
    const at = expect.any(Number) as number;
    expect(said).toEqual([
      { at, session: scope.key, direction: 'out', kind: 'request', method: 'ping', bytes },
      { at, session: scope.key, direction: 'in', kind: 'response', method: undefined, bytes },
    ]);
  });

  it("keeps the progress of each client's calls apart, while they last", async () => {
    const runtime = runtimeOf();
    const host = openHost(async (scope) => ({
      one: await scope.connect('one', new Client(INFO), connectInMemory(runtime)),
      two: await scope.connect('two', new Client(INFO), connectInMemory(runtime)),
    }));
    const { scope } = await host.enter(LOCAL);
    const told: RpcProgress[] = [];
    let most = 0;
    scope.subscribe(({ kind, data }) => {
      if (kind !== 'progress') return;
      told.push(data as RpcProgress);
      most = Math.max(most, scope.progress.length);
    });
    // Both use the same token: each client counts from 0 for itself.
    await scope.run(({ one, two }) => Promise.all([progress(one, 2), progress(two, 3)]));
    expect(told.filter(({ client }) => client === 'one')).toMatchObject([
      { progress: 1, total: 2 },
      { progress: 2, total: 2 },
    ]);
    expect(told.filter(({ client }) => client === 'two')).toHaveLength(3);
    expect(most).toBe(2);
    expect(scope.progress).toEqual([]);
  });

  it('closes a client that could not connect, and its scope is none the worse', async () => {
    const runtime = createRuntime({ server: () => new FakeServer(() => true) });
    onTestFinished(() => runtime.close());
    let closes = 0;
    let attempts = 0;
    const host = openHost(async (scope) => {
      attempts++;
      const client = new Client(INFO);
      const close = client.close.bind(client);
      client.close = () => (closes++, close());
      const transport = connectInMemory(runtime);
      transport.start = () => Promise.reject(new Error('refused'));
      return scope.connect('tools', client, transport);
    });
    const { scope } = await host.enter(LOCAL);
    await expect(scope.run(() => 1)).rejects.toThrow('refused');
    await expect(scope.run(() => 1)).rejects.toThrow('refused');
    expect(attempts).toBe(2);
    await eventually(() => closes >= 2);
    expect(host.stats()).toMatchObject({ crashes: 0, orphans: 0, sessions: { total: 1 } });
  });

  it('connects nobody after the end', async () => {
    const runtime = runtimeOf();
    const host = openHost(async (scope) => scope);
    const { scope } = await host.enter(LOCAL);
    const opened = await scope.run((each) => each);
    scope.close();
    await eventually(() => host.stats().sessions.total === 0);
    const late = opened.connect('tools', new Client(INFO), connectInMemory(runtime));
    await expect(late).rejects.toMatchObject({ code: 'session-over' });
    expect(runtime.stats().spawned).toBe(0);
  });

  it('ends a scope that connects just now: the half-open client goes with it', async () => {
    const fixture = new Fixture();
    let build!: () => void;
    fixture.onBuild = () => new Promise((resolve) => (build = resolve));
    const runtime = runtimeOf(fixture);
    const host = openHost(
      (scope) => scope.connect('tools', new Client(INFO), connectInMemory(runtime)),
      {
        closeTimeoutMs: 50,
      },
    );
    const { scope } = await host.enter(LOCAL);
    const work = rejected(scope.run(() => 1));
    await eventually(() => fixture.builds === 1);
    scope.close();
    expect(await work).toMatchObject({ code: 'session-over' });
    await eventually(() => host.stats().sessions.total === 0);
    build();
    await eventually(() => runtime.stats().sessions.total === 0);
  });
});

describe('own', () => {
  it('makes an error that something emits a crash of its scope alone', async () => {
    const emitters: (EventEmitter & { close(): void })[] = [];
    const host = openHost(async (scope) => {
      const emitter = Object.assign(new EventEmitter(), { close() {} });
      emitters.push(emitter);
      return scope.own(emitter);
    });
    const [one, two] = [await host.enter(LOCAL), await host.enter(LOCAL)];
    await Promise.all([one.scope.run(() => 1), two.scope.run(() => 1)]);
    emitters[0]!.emit('error', new Error('broken'));
    // Released by now: what it says is no news of the incarnation that follows.
    emitters[0]!.emit('error', new Error('late'));
    expect(await two.scope.run((emitter) => emitter)).toBe(emitters[1]);
    expect(await one.scope.run((emitter) => emitter)).toBe(emitters[2]);
    expect(host.stats()).toMatchObject({ crashes: 1, orphans: 1, sessions: { total: 2 } });
  });

  it('takes no more than maxResources, and counts', async () => {
    const host = openHost(
      async (scope) => {
        scope.own(() => {});
        scope.own(() => {});
      },
      { maxResources: 1 },
    );
    const { scope } = await host.enter(LOCAL);
    await expect(scope.run(() => 1)).rejects.toMatchObject({ code: 'too-many-resources' });
    expect(host.stats().limits).toEqual({ maxResources: 1 });
  });

  it('takes only what can be released', async () => {
    const host = openHost(async (scope) => scope.own({} as () => void));
    const { scope } = await host.enter(LOCAL);
    await expect(scope.run(() => 1)).rejects.toMatchObject({ code: 'not-disposable' });
  });
});

describe('close', () => {
  it('starts no work with what was opened too late', async () => {
    let done!: () => void;
    const host = openHost(() => new Promise<void>((resolve) => (done = resolve)), {
      closeTimeoutMs: 20,
    });
    const { scope } = await host.enter(LOCAL);
    let runs = 0;
    const work = rejected(scope.run(() => void runs++));
    await eventually(() => done !== undefined);
    scope.close();
    expect(await work).toMatchObject({ code: 'session-over' });
    done();
    await eventually(() => host.stats().sessions.total === 0);
    await turn();
    expect(runs).toBe(0);
  });

  it('ends the scope from within', async () => {
    const host = openHost(async (scope) => scope);
    const { scope } = await host.enter(LOCAL);
    await scope.run((opened) => opened.close());
    await eventually(() => host.stats().sessions.total === 0);
    expect(host.stats().evicted.terminated).toBe(1);
  });
});

import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { createRuntime, currentSession, type Runtime, type RuntimeOptions } from 'mcp-actors';
import { connectInMemory } from 'mcp-actors/memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { Fixture } from '../support/fixture.ts';
import { closureOf } from '../support/sources.ts';

interface Rig {
  readonly runtime: Runtime;
  readonly fixture: Fixture;
  readonly connect: (transport?: ReturnType<typeof connectInMemory>) => Promise<Client>;
}

function startRig(options: Partial<RuntimeOptions<unknown>> = {}): Rig {
  const fixture = new Fixture();
  const runtime = createRuntime<unknown>({ server: fixture.factory, ...options });
  onTestFinished(() => runtime.close());
  const connect = async (transport = connectInMemory(runtime)): Promise<Client> => {
    const client = new Client({ name: 'memory', version: '1.0.0' });
    await client.connect(transport);
    return client;
  };
  return { runtime, fixture, connect };
}

describe('connectInMemory', () => {
  it('loads no module of node and no ws', () => {
    const loaded = [...closureOf('src/adapters/memory.ts').keys()];
    expect(loaded).toContain('src/http/endpointOf.ts');
    expect(loaded.filter((to) => to.startsWith('node:') || to === 'ws')).toEqual([]);
  });

  it('gives each client a session of its own', async () => {
    const { connect, runtime } = startRig();
    const clients = [await connect(), await connect()];
    expect(runtime.stats().sessions.total).toBe(2);
    for (const client of clients) expect((await client.listTools()).tools).not.toEqual([]);
    await clients[0]!.close();
    await eventually(() => runtime.stats().sessions.total === 1);
  });

  it('gives the client what its callbacks throw, and the process nothing', async () => {
    const { runtime, connect } = startRig();
    const transport = connectInMemory(runtime);
    const client = await connect(transport);
    const heard: unknown[] = [];
    const failed: unknown[] = [];
    runtime.on('endpoint.failed', ({ error }) => failed.push(error));
    const [thrown, worse] = [new Error('onclose'), new Error('onerror')];
    transport.onclose = () => {
      throw thrown;
    };
    transport.onerror = (error) => {
      heard.push(error);
      throw worse;
    };
    await client.close();
    await eventually(() => failed.length > 0);
    expect([heard, failed]).toEqual([[thrown], [worse]]);
    expect((await (await connect()).listTools()).tools).not.toEqual([]);
  });

  it('runs what its client does outside the session', async () => {
    const { runtime, connect } = startRig();
    const transport = connectInMemory(runtime);
    const client = await connect(transport);
    const codes: unknown[] = [];
    const { onmessage } = transport;
    transport.onmessage = (message, extra) => {
      try {
        currentSession();
      } catch (error) {
        codes.push((error as { code: unknown }).code);
      }
      onmessage?.(message, extra);
    };
    await client.ping();
    expect(codes).toEqual(['no-session']);
  });

  it('shows headers to principal and handlers', async () => {
    const { runtime, connect, fixture } = startRig({
      principal: (_authInfo, { headers }) => headers['x-user']?.toString(),
    });
    await connect(connectInMemory(runtime, { headers: { 'x-user': 'alice' } }));
    expect(fixture.sessions[0]!.principal).toBe('alice');
  });

  it('closes its client when the session ends', async () => {
    const { connect, fixture, runtime } = startRig();
    const client = await connect();
    const closed = new Promise<void>((resolve) => (client.onclose = resolve));
    fixture.sessions[0]!.close();
    await closed;
    expect(runtime.stats().streams).toBe(0);
    await eventually(() => runtime.stats().evicted.terminated === 1);
  });

  it('lets nobody wait for a client that has left', async () => {
    const server = new FakeServer();
    const runtime = createRuntime<unknown>({ server: () => server, maxStreamBytes: 100 });
    onTestFinished(() => runtime.close());
    const transport = connectInMemory(runtime);
    await new Client({ name: 'memory', version: '1.0.0' }).connect(transport);
    const params = { level: 'info', data: 'x'.repeat(1000) };
    const message = { jsonrpc: '2.0' as const, method: 'notifications/message', params };
    // The first goes to the client that reads, the second waits for it to read again.
    void server.transport?.send(message);
    const told = server.transport?.send(message);
    void transport.close();
    await expect(told).resolves.toBeUndefined();
  });

  it('rejects with not-admitted where the runtime takes no session', async () => {
    const { runtime, connect } = startRig();
    await runtime.drain({ deadlineMs: 1 });
    await expect(connect()).rejects.toMatchObject({ code: 'not-admitted' });
  });

  it('starts once, and sends nothing once it is closed', async () => {
    const { runtime, connect } = startRig();
    const transport = connectInMemory(runtime);
    const client = await connect(transport);
    await expect(transport.start()).rejects.toMatchObject({ code: 'session-over' });
    await client.close();
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' } as const;
    await expect(transport.send(ping)).rejects.toMatchObject({ code: 'session-over' });
  });

  it('tells its client of an error that the client itself throws, and goes on', async () => {
    const { runtime, connect } = startRig();
    const transport = connectInMemory(runtime);
    const client = await connect(transport);
    const errors: unknown[] = [];
    client.onerror = (error) => errors.push(error);
    const { onmessage } = transport;
    const cause = new Error('of the client');
    transport.onmessage = () => {
      throw cause;
    };
    void transport.send({ jsonrpc: '2.0', id: 'lost', method: 'ping' });
    await eventually(() => errors.length > 0);
    expect(errors).toEqual([cause]);
    transport.onmessage = onmessage;
    await client.ping();
  });
});

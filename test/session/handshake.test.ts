import { describe, expect, it } from 'vitest';
import { Handshake } from '../../src/session/handshake.ts';
import type { Ask } from '../../src/session/envelope.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

function noted(...asks: [method: string, params: Record<string, unknown>][]): Handshake {
  const handshake = new Handshake();
  for (const [method, params] of asks) {
    const message = { jsonrpc: '2.0', id: 1, method, params } as const;
    const result = method === 'initialize' ? { protocolVersion: '2025-06-18' } : {};
    handshake.note({ message } as unknown as Ask, { jsonrpc: '2.0', id: 1, result });
  }
  return handshake;
}

const INITIALIZE = {
  protocolVersion: '2025-06-18',
  clientInfo: { name: 'c', version: '1' },
  capabilities: { roots: {} },
};

describe('Handshake', () => {
  it('shows what was agreed, and nothing before that', () => {
    const empty = new Handshake();
    expect([empty.protocolVersion, empty.clientInfo, empty.clientCapabilities]).toEqual(
      Array(3).fill(undefined),
    );
    expect(noted(['initialize', INITIALIZE])).toMatchObject({
      protocolVersion: '2025-06-18',
      clientInfo: { name: 'c', version: '1' },
      clientCapabilities: { roots: {} },
    });
  });

  it('replays initialize, initialized, the last log level and the subscriptions there are', () => {
    const handshake = noted(
      ['initialize', INITIALIZE],
      ['logging/setLevel', { level: 'info' }],
      ['resources/subscribe', { uri: 'a' }],
      ['resources/subscribe', { uri: 'b' }],
      ['resources/subscribe', { uri: 'b' }],
      ['resources/unsubscribe', { uri: 'a' }],
      ['logging/setLevel', { level: 'error' }],
      ['tools/call', { name: 'x' }],
    );
    handshake.initialized = true;
    const messages = [...handshake.replay('p')];
    expect(messages.map((m) => ('method' in m ? [m.method, m.params] : []))).toEqual([
      ['initialize', INITIALIZE],
      ['notifications/initialized', undefined],
      ['logging/setLevel', { level: 'error' }],
      ['resources/subscribe', { uri: 'b' }],
    ]);
    const ids = messages.flatMap((m) => ('id' in m ? [m.id] : []));
    expect(new Set(ids).size).toBe(3);
  });

  it('notes nothing that failed', () => {
    const handshake = new Handshake();
    const message = { jsonrpc: '2.0', id: 1, method: 'initialize', params: INITIALIZE } as const;
    const error = { code: -32000, message: 'no' };
    handshake.note({ message } as unknown as Ask, { jsonrpc: '2.0', id: 1, error });
    expect(handshake.clientInfo).toBeUndefined();
  });
});

describe('a restart', () => {
  it('tells the new server what the old one was told, and its answers to nobody', async () => {
    const world = new FakeRuntime({
      onCrash: 'restart',
      hook: (message) => {
        if ('method' in message && message.method === 'crash') throw new Error('boom');
      },
    });
    const client = await world.open();
    await client.call('logging/setLevel', { level: 'debug' });
    await client.call('resources/subscribe', { uri: 'file:///a' });
    const messages = world.record('message');
    await client.call('crash');
    await client.call('tools/list');
    expect(world.servers[1]?.methods).toEqual([
      'initialize',
      'notifications/initialized',
      'logging/setLevel',
      'resources/subscribe',
      'tools/list',
    ]);
    expect(messages.map(({ direction, method }) => `${direction} ${method}`)).toEqual([
      'in crash',
      'in tools/list',
      'out tools/list',
    ]);
    expect(world.runtime.stats()).toMatchObject({ restarts: 1, crashes: 1 });
  });
});

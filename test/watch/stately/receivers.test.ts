import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import {
  createInspector,
  createWebSocketReceiver,
  type StatelyInspectionEvent,
} from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { firstStep, sessionMachine, supervisorMachine } from 'mcp-actors/machines';
import {
  createStatelyBridge,
  definitionOf,
  type StatelyBridge,
  type StatelyOptions,
  type StatelyPacket,
} from 'mcp-actors/stately';
import { createActor } from 'xstate';
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest';
import { DurableMemory } from '../../support/durableMemory.ts';
import { eventually, turn } from '../../support/eventually.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { Inspected } from '../../support/inspected.ts';

const SECRET = 'hunter2';

function bridged(world: FakeRuntime, options: StatelyOptions = {}): StatelyBridge {
  const bridge = createStatelyBridge(world.runtime, options);
  onTestFinished(() => bridge.close());
  return bridge;
}

/** The receiver of the package itself, and what it heard. */
function receive(server: string): Inspected {
  const inspected = new Inspected();
  createWebSocketReceiver({ server }).subscribe((event) => {
    inspected.take(event as unknown as StatelyPacket);
  });
  return inspected;
}

/** A port nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function statesOf({ runtime }: FakeRuntime): Promise<Record<string, string>> {
  const { sessions } = await runtime.list({ limit: 1000 });
  return Object.fromEntries(sessions.map(({ key, state }) => [key, state]));
}

describe('the receiver of @statelyai/inspect', () => {
  it('gets the tree, the definitions and every snapshot of a live runtime', async () => {
    const world = new FakeRuntime();
    const bridge = bridged(world);
    const { receiverUrl } = await bridge.serve();
    const seen = receive(receiverUrl);
    await eventually(() => seen.actors.size === 1);
    expect(seen.root).toMatchObject({ name: 'supervisor', value: 'accepting', status: 'active' });
    expect(seen.root?.definition).toEqual(definitionOf(supervisorMachine));

    const client = await world.open();
    const [{ key } = { key: '' }] = world.runtime.residents();
    await world.quiet();
    await client.call('tools/list');
    await client.delete();
    await eventually(() => seen.named(key)?.status === 'done');
    expect(seen.faults).toEqual([]);
    const session = seen.named(key)!;
    expect(seen.actors.get(session.parentId!)).toBe(seen.root);
    const { context } = firstStep(false).snapshot;
    expect(session.definition).toEqual(definitionOf(sessionMachine, context));
    expect(session.events.map(({ type }) => type)).toEqual([
      'session.opened',
      'session.built',
      'handshake.answered',
      'handshake.confirmed',
      'session.quiet',
      'message.arrived',
      'session.close',
      'session.settled',
      'session.released',
    ]);
    expect(session).toMatchObject({
      value: 'evicted',
      context: { attached: false, confirmed: true, reason: 'terminated' },
    });
    const values = seen.packets.flatMap((packet) =>
      packet.type === '@xstate.snapshot' ? [packet.snapshot.value] : [],
    );
    expect(values).toContainEqual({ idle: 'warm' });
    expect(values).toContainEqual({ closing: 'settling' });

    await world.runtime.close();
    await eventually(() => seen.root?.value === 'closed');
    expect(seen.root?.events.map(({ type }) => type)).toEqual(['supervisor.close']);
  });

  it('U24: forgets a session that is kept in a drain', async () => {
    const world = new FakeRuntime({ store: new DurableMemory() });
    const bridge = bridged(world);
    await world.open();
    await eventually(() => bridge.stats().actors === 2);
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    for (let i = 0; i < 10; i++) await turn();
    await world.clock.elapse(1000);
    await drained;
    expect(bridge.stats().actors).toBe(1);
  });

  it('speaks as the package’s own inspector does of an actor of the same machine', async () => {
    const theirs: StatelyPacket[] = [];
    const inspector = createInspector({ send: (event) => theirs.push(event as never) });
    const actor = createActor(sessionMachine, {
      input: { sleeps: true },
      inspect: inspector.inspect,
    });
    actor.start();
    actor.send({ type: 'session.built' });
    await eventually(() => theirs.length === 5);

    const world = new FakeRuntime();
    const ours: StatelyPacket[] = [];
    bridged(world).attach((packet) => ours.push(packet));
    await world.open();
    for (const type of ['@xstate.actor', '@xstate.event', '@xstate.snapshot'] as const) {
      const [one, other] = [ours, theirs].map((packets) =>
        packets.findLast((each) => each.type === type),
      );
      const keys = (packet: unknown): string[] => Object.keys(json(packet)).toSorted();
      const required = keys(other).filter((key) => key !== 'id' || keys(one).includes(key));
      expect(keys(one)).toEqual(expect.arrayContaining(required));
      expect(one?._version).toBe(other?._version);
      expect(typeof one?.createdAt).toBe(typeof other?.createdAt);
    }
    const snapshots = [ours, theirs].map((packets) =>
      packets.find(
        (packet) => packet.type === '@xstate.snapshot' && packet.event.type === 'session.built',
      ),
    );
    const [mine, other] = snapshots.map((packet) => json(packet)['snapshot']);
    expect(mine).toEqual(other);
    await world.runtime.close();
    expectTypeOf<StatelyPacket>().toExtend<StatelyInspectionEvent>();
  });

  it('that comes late is told every definition and the present state first', async () => {
    const world = new FakeRuntime();
    await world.open();
    // Before there was a bridge, before there was a viewer, and after.
    const bridge = bridged(world);
    const gone = await world.open();
    await world.quiet();
    await world.open();
    await gone.delete();
    const { receiverUrl } = await bridge.serve();
    const late = receive(receiverUrl);
    await eventually(() => late.actors.size === 3);
    expect(late.packets.map(({ type }) => type)).toEqual(Array(3).fill('@xstate.actor'));
    expect(late.states).toEqual(await statesOf(world));
    expect(Object.values(late.states).toSorted()).toEqual(['active', 'idle.warm']);
    await world.quiet();
    await eventually(() => !Object.values(late.states).includes('active'));
    expect(late.faults).toEqual([]);
    await world.runtime.close();
  });

  it.each([false, true])(
    'gets nothing of what was said, and no id (messages: %s)',
    async (messages) => {
      const world = new FakeRuntime();
      const bridge = bridged(world, { messages });
      const { receiverUrl } = await bridge.serve();
      const seen = receive(receiverUrl);
      await eventually(() => seen.actors.size === 1);
      const client = await world.open(SECRET);
      await client.call('tools/call', { name: SECRET, arguments: { password: SECRET } });
      await client.delete();
      await world.runtime.close();
      await eventually(() => seen.root?.value === 'closed');
      const text = JSON.stringify(seen.packets);
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(client.id);
      expect(text.includes('tools/call')).toBe(messages);
      const told = seen.packets.flatMap((each) =>
        each.type === '@xstate.event' ? [each.event] : [],
      );
      const call = { type: 'message', direction: 'in', kind: 'request', method: 'tools/call' };
      const calls = told.filter((event) => 'method' in event && event.method === 'tools/call');
      expect(calls[0] ?? call).toMatchObject(call);
      expect(calls).toHaveLength(messages ? 2 : 0);
    },
  );
});

describe('the relay of @statelyai/inspect', () => {
  it('carries the bridge to receivers, early and late, and may come back', async () => {
    const port = await freePort();
    const world = new FakeRuntime();
    const bridge = bridged(world, { clock: world.clock });
    const link = bridge.connect(`ws://127.0.0.1:${port}`);
    // Nobody is there yet.
    await eventually(() => world.clock.pending > 0);
    await world.open();
    const relay = createInspectorServer({ port, autoOpen: false });
    onTestFinished(() => relay.stop());
    const early = receive(`ws://127.0.0.1:${port}`);
    while (!link.isOpen) await world.clock.elapse(100);
    await eventually(() => early.actors.size === 2);
    expect(early.states).toEqual(await statesOf(world));
    // More than the relay keeps for those who come late.
    const client = await world.open();
    for (let i = 0; i < 120; i++) {
      await client.call('tools/list');
      await world.quiet();
    }
    const { key } = world.runtime.residents()[1]!;
    const isThere = ({ states }: Inspected): boolean => states[key] === 'idle.warm';
    await eventually(() => early.packets.length > 400 && isThere(early));
    const late = receive(`ws://127.0.0.1:${port}`);
    await eventually(() => isThere(late));
    expect(late.packets.length).toBeLessThanOrEqual(200);
    expect(late.actors.get(late.named(key)!.parentId!)).toBe(late.root);
    expect(bridge.stats()).toMatchObject({ viewers: 1, dropped: 0, cut: 0 });
    await world.runtime.close();
  });
});

describe('any other receiver', () => {
  it('is a function', async () => {
    const world = new FakeRuntime();
    const bridge = bridged(world);
    const forwarded: StatelyInspectionEvent[] = [];
    const inspector = createInspector({ send: (event) => forwarded.push(event) });
    const stop = bridge.attach((packet) => inspector.adapter.send(packet));
    await world.open();
    const count = forwarded.length;
    expect(count).toBeGreaterThan(8);
    stop();
    await world.open();
    expect(forwarded).toHaveLength(count);
    expect(bridge.stats()).toMatchObject({ viewers: 0, sent: count });
    await world.runtime.close();
  });
});

function json(value: unknown): Record<string, unknown> {
  return JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
}

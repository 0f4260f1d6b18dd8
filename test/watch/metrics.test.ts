import type { Meter } from '@opentelemetry/api';
import { defineHandle, type RuntimeEvents } from 'mcp-actors';
import { instrument, type InstrumentOptions } from 'mcp-actors/metrics';
import { END_REASONS } from 'mcp-actors/machines';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEAD_LETTER_REASONS, type RuntimeEventName } from '../../src/events/events.ts';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { COUNTS, HISTOGRAMS, INSTRUMENTS } from '../../src/watch/metrics/instruments.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { Hook } from '../support/fakeServer.ts';
import { MetricRig } from '../support/metricRig.ts';

/** Those of a runtime that is alone. */
const OWN = [...Object.values(HISTOGRAMS), ...Object.values(COUNTS)];
const OPERATION = 'mcp.server.operation.duration';
const TCP = { 'network.transport': 'tcp', 'network.protocol.name': 'http' };
const LATEST = { 'mcp.protocol.version': '2025-11-25' };

const boxes = defineHandle({ name: 'box', open: () => ({}) });

/** Fails with the code a request asks for, lets a tool fail, and opens a handle. */
const failing: Hook = (message, server) => {
  if (!('id' in message) || !('method' in message)) return false;
  if (message.method === 'box') void boxes.create();
  const { code, isError } = message.params ?? {};
  if (code !== undefined) {
    const error = { code: code as number, message: 'refused' };
    void server.transport?.send({ jsonrpc: '2.0', id: message.id, error });
  } else if (isError === true) server.answer(message.id, { isError });
  else return false;
  return true;
};

/** A runtime under metrics alone. */
function watched(
  options: InstrumentOptions = {},
  of: ConstructorParameters<typeof FakeRuntime>[0] = {},
) {
  const rig = new MetricRig();
  const world = new FakeRuntime({ hook: failing, ...of });
  const stop = instrument(world.runtime, { meter: rig.meter, tracer: false, ...options });
  return { rig, world, stop };
}

/** Announces what this runtime has no occasion for in a test. */
function announce<N extends RuntimeEventName>(
  world: FakeRuntime,
  name: N,
  event: RuntimeEvents[N],
) {
  endpointOf(world.runtime).services.events.emit(name, event);
}

describe('instrument', () => {
  it('has the instruments it lists, with their units and attributes, and no others', async () => {
    const { rig, world } = watched({ targets: ['t', 'p'] }, { maxInFlight: 1 });
    const client = await world.open();
    await client.call('tools/call', { name: 't', code: -32000 });
    await client.call('prompts/get', { name: 'p' });
    await client.call('box');
    const held = client.request('hold', {}, 1);
    await turn();
    await client.call('hold', {}, 2);
    await client.notify('notifications/cancelled', { requestId: 1 });
    await held;
    await client.delete();
    await turn();
    announce(world, 'session.woken', { session: 'k', cause: 'slept', epoch: 2, ms: 7 });
    announce(world, 'store.failed', { session: 'k', doing: 'put', error: new Error('disk') });
    const metrics = await rig.collect();
    const seen = metrics.map(({ descriptor: { name, unit, description }, dataPoints }) => {
      const attributes = new Set(dataPoints.flatMap((point) => Object.keys(point.attributes)));
      return { name, unit, description, attributes: [...attributes].toSorted() };
    });
    const listed = OWN.map(({ name, unit, description, attributes }) => {
      return { name, unit, description, attributes: attributes.toSorted() };
    });
    // The end of this session was no failure, so it has no `error.type`.
    const session = listed.find(({ name }) => name === 'mcp.server.session.duration');
    session?.attributes.shift();
    expect(seen.toSorted(byName)).toEqual(listed.toSorted(byName));
  });

  it('takes a runtime that its host has wrapped', async () => {
    const world = new FakeRuntime();
    const rig = new MetricRig();
    onTestFinished(instrument({ ...world.runtime }, { meter: rig.meter }));
    await world.open();
    expect(JSON.stringify(await rig.collect())).toContain('sessions');
  });

  it('records nothing more once it is stopped, and nobody listens', async () => {
    const { rig, world, stop } = watched({ targets: ['t'] });
    const { events } = endpointOf(world.runtime).services;
    const client = await world.open();
    expect(events.watchesRequests).toBe(true);
    await rig.collect();
    stop();
    stop();
    expect(events.watchesRequests).toBe(false);
    for (const { name } of INSTRUMENTS.filter(({ kind }) => kind === 'Histogram')) {
      const before = await rig.values(name, 'mcp.method.name');
      await client.call('tools/list');
      expect(await rig.values(name, 'mcp.method.name')).toEqual(before);
    }
    await world.open();
    // The SDK goes on showing what it was told last.
    expect((await rig.points('mcp_actors.sessions.opened'))[0]?.value).toBe(1);
  });

  it('two runtimes of one meter are told apart by the attributes they are given', async () => {
    const rig = new MetricRig();
    for (const name of ['one', 'two']) {
      const world = new FakeRuntime();
      instrument(world.runtime, { meter: rig.meter, tracer: false, attributes: { name } });
      await world.open();
    }
    expect(await rig.values('mcp_actors.sessions.opened', 'name')).toEqual({ one: 1, two: 1 });
    expect(new Set((await rig.seen(OPERATION)).map(({ name }) => name))).toEqual(
      new Set(['one', 'two']),
    );
  });

  it('a meter that throws changes nothing for a session', async () => {
    const real = new MetricRig().meter;
    const meter: Meter = Object.assign(Object.create(real) as Meter, {
      createHistogram: () => ({ record: broken }),
    });
    const { world } = watched({ meter });
    const failures = world.record('observer.failed');
    const client = await world.open();
    expect((await client.call('tools/list')).error).toBeUndefined();
    await client.delete();
    await turn();
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, sessions: { total: 0 } });
    expect(new Set(failures.map(({ event }) => event))).toEqual(
      new Set(['request.settled', 'session.ended']),
    );
  });
});

describe('mcp.server.operation.duration', () => {
  it('is the time from arrival to answer in seconds, by method, revision and network', async () => {
    const { rig, world } = watched();
    const client = await world.open();
    await client.call('tools/call');
    const call = client.call('hold', {}, 2);
    await turn();
    world.clock.advance(1500);
    world.server.answer(2);
    await call;
    expect(await rig.seen(OPERATION)).toEqual([
      { 'mcp.method.name': 'initialize', ...TCP, ...LATEST },
      {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        ...TCP,
        ...LATEST,
      },
      { 'mcp.method.name': '_OTHER', ...TCP, ...LATEST },
    ]);
    const [, , held] = await rig.histograms(OPERATION);
    expect(held).toMatchObject({ sum: 1.5, count: 1 });
    expect(held?.buckets.boundaries).toEqual([
      0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300,
    ]);
  });

  it.each([
    [{ code: -32602 }, { 'error.type': '-32602', 'rpc.response.status_code': '-32602' }],
    [{ code: -32042 }, { 'error.type': '-32042', 'rpc.response.status_code': '-32042' }],
    [{ code: 4711 }, { 'error.type': '_OTHER', 'rpc.response.status_code': '_OTHER' }],
    [{ isError: true }, { 'error.type': 'tool_error' }],
  ])('says how a request failed: %j', async (params, failure) => {
    const { rig, world } = watched();
    await (await world.open()).call('tools/list', params);
    expect((await rig.seen(OPERATION)).at(-1)).toEqual({
      'mcp.method.name': 'tools/list',
      ...TCP,
      ...LATEST,
      ...failure,
    });
  });

  it('says that a request was cancelled, or cut by the end of its session', async () => {
    const { rig, world } = watched();
    const client = await world.open();
    const cancelled = client.request('hold', {}, 1);
    await turn();
    await client.notify('notifications/cancelled', { requestId: 1 });
    const cut = client.call('hold', {}, 2);
    await turn();
    const closed = world.runtime.close();
    await world.clock.elapse(0);
    await Promise.all([cancelled, cut, closed]);
    expect((await rig.seen(OPERATION)).slice(1)).toMatchObject([
      { 'error.type': 'cancelled' },
      { 'error.type': 'cut', 'rpc.response.status_code': '-32000' },
    ]);
  });

  it('names the tools and prompts it is told to, and no others', async () => {
    const { rig, world } = watched({ targets: ['known'] });
    const client = await world.open();
    await client.call('tools/call', { name: 'known' });
    await client.call('tools/call', { name: 'secret tool' });
    await client.call('prompts/get', { name: 'known' });
    expect((await rig.seen(OPERATION)).slice(1)).toMatchObject([
      { 'gen_ai.tool.name': 'known' },
      { 'gen_ai.tool.name': '_OTHER' },
      { 'gen_ai.prompt.name': 'known' },
    ]);
  });

  it('has few series whatever clients and servers make up', async () => {
    const { rig, world } = watched({ targets: ['known'] });
    for (const version of ['2025-11-25', '2099-01-01', 'x']) {
      const client = await world.open('ann', { version });
      for (let i = 0; i < 50; i++) {
        await client.call(`made/up/${i}`, { code: i });
        await client.call('tools/call', { name: `made up ${i}`, code: -i });
      }
    }
    const seen = await rig.seen(OPERATION);
    // `initialize`, other methods and `tools/call`, each with the one other code.
    expect(seen).toHaveLength(3);
    const text = JSON.stringify(seen);
    const keys = world.runtime
      .residents()
      .flatMap(({ id, key, principalKey }) => [id, key, principalKey]);
    for (const secret of [...keys, 'made', 'ann', '2099']) expect(text).not.toContain(secret);
  });
});

describe('mcp.server.session.duration', () => {
  it('is the age of a session at its end, by reason, and marks failures', async () => {
    const { rig, world } = watched({}, { hook: crashOn('crash') });
    const ended = await world.open();
    world.clock.advance(2000);
    await ended.delete();
    await (await world.open()).call('crash');
    await turn();
    const name = 'mcp.server.session.duration';
    expect(await rig.seen(name)).toEqual([
      { 'mcp_actors.reason': 'terminated' },
      { 'mcp_actors.reason': 'crashed', 'error.type': 'crashed' },
    ]);
    expect((await rig.histograms(name))[0]?.sum).toBe(2);
  });
});

describe('U24: a session that is kept in a drain', () => {
  it('is counted as kept, and its duration is for the process in which it ends', async () => {
    const { rig, world } = watched({}, { store: new DurableMemory() });
    await world.open();
    const drained = world.runtime.drain({ deadlineMs: 1000 });
    for (let i = 0; i < 10; i++) await turn();
    await world.clock.elapse(1000);
    await drained;
    expect(await rig.seen('mcp.server.session.duration')).toEqual([]);
    expect((await rig.points('mcp_actors.sessions.kept'))[0]?.value).toBe(1);
    expect(await rig.values('mcp_actors.sessions.ended', 'mcp_actors.reason')).toEqual(
      zeros(END_REASONS),
    );
  });
});

describe('counts', () => {
  it('have every reason from the beginning, at zero', async () => {
    const { rig } = watched();
    expect(await rig.values('mcp_actors.sessions.ended', 'mcp_actors.reason')).toEqual(
      zeros(END_REASONS),
    );
    expect(await rig.values('mcp_actors.dead_letters', 'mcp_actors.reason')).toEqual(
      zeros(DEAD_LETTER_REASONS),
    );
    expect(await rig.values('mcp_actors.wakes', 'mcp_actors.cause')).toEqual(
      zeros(['slept', 'crashed', 'restarted']),
    );
  });

  it('follow the states of the sessions', async () => {
    const { rig, world } = watched();
    const states = () => rig.values('mcp_actors.sessions', 'mcp_actors.state');
    const client = await world.open();
    expect(await states()).toMatchObject({ active: 1, idle: 0 });
    await world.quiet();
    expect(await states()).toMatchObject({ active: 0, idle: 1 });
    await client.delete();
    await turn();
    expect(new Set(Object.values(await states()))).toEqual(new Set([0]));
  });

  it('count ends, dead letters, refusals, limits and crashes by reason', async () => {
    const { rig, world } = watched({}, { maxInFlight: 1, hook: crashOn('crash') });
    const client = await world.open();
    await client.respond('nobody asked');
    void client.request('hold', {}, 'held');
    await turn();
    await client.call('tools/list');
    await client.notify('notifications/cancelled', { requestId: 'held' });
    await client.call('crash');
    await turn();
    const reason = 'mcp_actors.reason';
    expect(await rig.values('mcp_actors.sessions.ended', reason)).toMatchObject({ crashed: 1 });
    expect(await rig.values('mcp_actors.dead_letters', reason)).toMatchObject({ unknown: 1 });
    expect(await rig.values('mcp_actors.refusals', 'mcp_actors.code')).toEqual({
      'session-busy': 1,
    });
    expect(await rig.values('mcp_actors.limits', 'mcp_actors.limit')).toEqual({ maxInFlight: 1 });
    expect((await rig.points('mcp_actors.crashes'))[0]?.value).toBe(1);
  });

  it('count what happened before, where the runtime counts by itself', async () => {
    const rig = new MetricRig();
    const world = new FakeRuntime();
    await (await world.open()).delete();
    instrument(world.runtime, { meter: rig.meter, tracer: false });
    expect((await rig.points('mcp_actors.sessions.opened'))[0]?.value).toBe(1);
  });

  it('count sleeps, wakes, pins, expired questions and failures as they are announced', async () => {
    const { rig, world } = watched();
    announce(world, 'session.slept', { session: 'k' });
    announce(world, 'session.woken', { session: 'k', cause: 'restarted', epoch: 2, ms: 40 });
    announce(world, 'session.pinned', { session: 'k', why: 'resources' });
    announce(world, 'question.expired', { session: 'k', method: 'any/text', cause: 'expired' });
    announce(world, 'store.failed', { session: undefined, doing: 'sweep', error: 1 });
    announce(world, 'endpoint.failed', { error: 1 });
    const cause = 'mcp_actors.cause';
    expect((await rig.points('mcp_actors.sleeps'))[0]?.value).toBe(1);
    expect(await rig.values('mcp_actors.wakes', cause)).toMatchObject({ restarted: 1, slept: 0 });
    expect(await rig.values('mcp_actors.pinned', 'mcp_actors.reason')).toMatchObject({
      resources: 1,
    });
    expect(await rig.values('mcp_actors.questions.expired', cause)).toMatchObject({ expired: 1 });
    expect(await rig.values('mcp_actors.store.failures', 'mcp_actors.work')).toEqual({ sweep: 1 });
    expect((await rig.points('mcp_actors.endpoint.failures'))[0]?.value).toBe(1);
    expect((await rig.histograms('mcp_actors.wake.duration'))[0]?.sum).toBe(0.04);
  });
});

function broken(): never {
  throw new Error('exporter');
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name.localeCompare(b.name);
}

function zeros(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, 0]));
}

function crashOn(method: string): Hook {
  return (message) => {
    if ('method' in message && message.method === method) throw new Error('boom');
  };
}

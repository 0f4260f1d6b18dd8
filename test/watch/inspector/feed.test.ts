import { replay } from 'mcp-actors/recorder';
import { describe, expect, it } from 'vitest';
import { createMachine, createActor } from 'xstate';
import type { Detail } from '../../../src/watch/inspector/detail.ts';
import { eventually } from '../../support/eventually.ts';
import { call, cancel } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';
import { inspect } from './support/inspect.ts';
import { FeedReader, visit } from './support/visit.ts';

const detailAt = async (url: string, key: string, after = 0): Promise<Detail> =>
  JSON.parse((await visit(url, `session/${key}?after=${after}`)).text) as Detail;

describe('the feed', () => {
  it('begins with what there is: sessions, dead letters, limits; then says it is ready', async () => {
    const { runtime, connect } = await startRig('fetch', { maxSessions: 77 });
    const clients = [await connect(), await connect(), await connect()];
    await clients[0]!.post(cancel(999));
    const { url } = await inspect(runtime);
    const feed = await FeedReader.open(url);
    await feed.until(() => feed.lines.some(({ type }) => type === 'ready'));
    expect(feed.lines[0]).toMatchObject({
      type: 'hello',
      limits: { maxSessions: 77, concurrency: null },
      supervisor: { state: 'accepting' },
      stats: { sessions: { total: 3 } },
    });
    expect(feed.rows.size).toBe(3);
    const letters = feed.lines.flatMap((line) => (line['letters'] as object[] | undefined) ?? []);
    expect(letters).toMatchObject([{ n: 1, reason: 'late', method: 'notifications/cancelled' }]);
    feed.leave();
  });

  it('goes on with what changes: states, mailboxes, ends, dead letters', async () => {
    const { runtime, connect, gates } = await startRig('fetch');
    const { url } = await inspect(runtime);
    const feed = await FeedReader.open(url);
    const client = await connect();
    const row = () => [...feed.rows.values()][0];
    void client.post(call(1, 'slow', { gate: 'a' }));
    await gates.reached('a');
    await feed.until(() => row()?.['inFlight'] === 1);
    expect(row()).toMatchObject({ state: 'active', client: 'raw 1.0.0', principal: 'anonymous' });
    await client.post(cancel(999));
    const letters = () => feed.lines.flatMap((line) => (line['letters'] as object[]) ?? []);
    await feed.until(() => letters().length > 0);
    gates.open('a');
    await client.delete();
    await feed.until(() => row()?.['endedAt'] !== undefined);
    expect(row()).toMatchObject({ state: 'evicted', reason: 'terminated', inFlight: 0 });
    expect(letters()).toHaveLength(1);
    feed.leave();
  });

  it('knows who sleeps, and who was woken', async () => {
    const { runtime, connect, clock } = await startRig('fetch', { idleTimeoutMs: 1000 });
    const { url } = await inspect(runtime);
    const feed = await FeedReader.open(url);
    const client = await connect();
    const row = () => [...feed.rows.values()][0];
    await clock.elapse(10_000);
    await feed.until(() => row()?.['state'] === 'idle.asleep');
    const key = String(row()?.['key']);
    // Nothing of it is in this process; what it did is still known.
    expect((await detailAt(url, key)).view).toBeUndefined();
    // A page that comes later learns of it from the records.
    const late = await FeedReader.open(url);
    await late.until(() => late.lines.some(({ type }) => type === 'ready'));
    expect(late.rows.get(key)).toMatchObject({ state: 'idle.asleep', client: 'raw 1.0.0' });
    await client.ask(call(1, 'echo', { text: 'x' }));
    await feed.until(() => row()?.['state'] === 'active');
    const woken = await detailAt(url, key);
    expect(woken.view).toMatchObject({ state: 'active', epoch: 2 });
    const types = woken.lines.map(({ line }) => line.type);
    expect(types).toEqual(expect.arrayContaining(['slept', 'woken']));
    feed.leave();
    late.leave();
  });

  it('tells every viewer the same, and a late one what has been', async () => {
    const { runtime, connect } = await startRig('fetch');
    const { url } = await inspect(runtime);
    const client = await connect();
    await client.ask(call(1, 'echo', { text: 'hi' }));
    const feeds = [await FeedReader.open(url), await FeedReader.open(url)];
    for (const feed of feeds) await feed.until(() => feed.rows.size === 1);
    expect([...feeds[0]!.rows]).toEqual([...feeds[1]!.rows]);
    const [key = ''] = feeds[0]!.rows.keys();
    const { lines } = await detailAt(url, key);
    const said = lines.flatMap(({ line }) =>
      line.type === 'message' ? `${line.direction} ${line.kind} ${line.method ?? ''}` : [],
    );
    expect(said).toEqual([
      'in request initialize',
      'out response initialize',
      'in notification notifications/initialized',
      'in request tools/call',
      'out response tools/call',
    ]);
    const steps = lines.flatMap(({ line }) => (line.type === 'transition' ? line.to : []));
    expect(new Set(steps)).toEqual(
      new Set(['initializing.building', 'initializing.handshaking', 'active']),
    );
    for (const feed of feeds) feed.leave();
  });

  it('lists no more sessions than it may, and lets those that ended go one by one', async () => {
    const { runtime, connect } = await startRig('fetch');
    const { url } = await inspect(runtime, { maxRows: 3, maxEnded: 2 });
    const clients = [];
    for (let i = 0; i < 5; i++) clients.push(await connect());
    const feed = await FeedReader.open(url);
    await feed.until(() => feed.lines.some(({ type }) => type === 'ready'));
    expect(feed.rows.size).toBe(3);
    for (const client of clients) await client.delete();
    await feed.until(() => [...feed.rows.values()].every(({ state }) => state === 'evicted'));
    await feed.until(() => feed.rows.size === 2);
    feed.leave();
  });
});

describe('a closer look', () => {
  it('shows requests, deadlines and lines after those a page has', async () => {
    const { runtime, connect, gates, clock } = await startRig('fetch', { concurrency: 1 });
    const { url } = await inspect(runtime);
    const client = await connect();
    void client.post(call(1, 'slow', { gate: 'a' }));
    void client.post(call(2, 'echo', { text: 'x' }));
    await gates.reached('a');
    const { sessions } = await runtime.list();
    const { key } = sessions[0]!;
    await eventually(() => runtime.stats().inFlight === 2);
    const first = await detailAt(url, key);
    expect(first.view).toMatchObject({
      key,
      state: 'active',
      waiting: 1,
      requests: [
        { method: 'tools/call', running: true },
        { method: 'tools/call', running: false },
      ],
    });
    expect(first.view).not.toHaveProperty('id');
    expect(first.view?.deadline?.at).toBeGreaterThan(clock.now());
    expect(first.lines.length).toBeGreaterThan(5);
    const again = await detailAt(url, key, first.lines.at(-1)!.n);
    expect(again.lines).toEqual([]);
    gates.open('a');
  });

  it('knows what has been of a session that ended, and nothing of one there never was', async () => {
    const { runtime, connect } = await startRig('fetch');
    const { url } = await inspect(runtime);
    const client = await connect();
    const { key } = (await runtime.list()).sessions[0]!;
    await client.delete();
    await eventually(() => runtime.stats().sessions.total === 0);
    const { view, lines } = await detailAt(url, key);
    expect(view).toBeUndefined();
    expect(lines.at(-1)?.line).toMatchObject({ type: 'ended', reason: 'terminated' });
    expect((await detailAt(url, 'nobody')).lines).toEqual([]);
    expect((await visit(url, 'session/__proto__')).status).toBe(404);
  });
});

describe('the export', () => {
  it('is what all sessions did, a line each, in order of time', async () => {
    const { runtime, connect } = await startRig('fetch');
    const { url } = await inspect(runtime);
    for (const client of [await connect(), await connect()]) await client.delete();
    await eventually(() => runtime.stats().sessions.total === 0);
    await runtime.close();
    const { text, headers } = await visit(url, 'export.jsonl');
    expect(headers['content-disposition']).toContain('sessions.jsonl');
    const lines = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; at: number });
    const types = new Set(lines.map(({ type }) => type));
    for (const type of ['started', 'transition', 'message', 'ended', 'supervisor']) {
      expect(types).toContain(type);
    }
    expect(lines.map(({ at }) => at)).toEqual(lines.map(({ at }) => at).toSorted((a, b) => a - b));
    // What replays a recording replays this: every step is the machine's.
    const { difference, sessions, end } = await replay(text.trim().split('\n'));
    expect({ difference, sessions, end }).toEqual({
      difference: undefined,
      sessions: 2,
      end: 'closed',
    });
    const transition = lines.find(({ type }) => type === 'transition');
    expect(Object.keys(transition ?? {}).toSorted()).toEqual(
      ['at', 'effects', 'event', 'from', 'session', 'to', 'type'].toSorted(),
    );
  });
});

describe('a machine of your own', () => {
  const machine = createMachine({
    id: 'door',
    initial: 'closed',
    states: {
      closed: { on: { open: 'opened' } },
      opened: { initial: 'wide', states: { wide: {}, ajar: {} }, on: { close: 'closed' } },
    },
  });

  it('is drawn, and its live states are told where an actor is given', async () => {
    const { runtime } = await startRig('fetch');
    const actor = createActor(machine).start();
    const machines = [
      { name: 'front door', machine, actor },
      { name: 'plan', machine },
    ];
    const { url } = await inspect(runtime, { machines });
    const charts = JSON.parse((await visit(url, 'charts')).text) as { name: string; svg: string }[];
    expect(charts.map(({ name }) => name)).toEqual([
      'session',
      'supervisor',
      'call',
      'front door',
      'plan',
    ]);
    expect(charts[3]!.svg).toContain('data-state="opened.ajar"');
    const feed = await FeedReader.open(url);
    const told = () => feed.lines.flatMap((line) => (line['machines'] as object[]) ?? []);
    await feed.until(() => told().length === 1);
    expect(told()[0]).toMatchObject({ name: 'front door', states: ['closed'] });
    actor.send({ type: 'open' });
    await feed.until(() => told().length === 2);
    expect(told()[1]).toMatchObject({
      states: ['opened', 'opened.wide'],
      last: { event: 'open', from: ['closed'] },
    });
    feed.leave();
    actor.stop();
  });

  it('keeps its observers to itself: what becomes of its errors is not ours to change', async () => {
    const { runtime } = await startRig('fetch');
    const actor = createActor(machine);
    const seen: unknown[] = [];
    actor.subscribe({ next: (snapshot) => seen.push(snapshot.value) });
    const count = (): number => (actor as unknown as { observers: Set<unknown> }).observers.size;
    const before = count();
    await inspect(runtime, { machines: [{ name: 'door', machine, actor }] });
    expect(count()).toBe(before);
    actor.start();
    expect(seen).toEqual(['closed']);
    actor.stop();
  });
});

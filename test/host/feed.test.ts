import type { ScopeEvent } from 'mcp-actors/host';
import { DEFAULT_LIMITS } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { FetchPort } from '../../src/http/fetchPort.ts';
import { Services } from '../../src/events/services.ts';
import { ReplayBudget } from '../../src/http/replayBudget.ts';
import { UnreadBudget } from '../../src/http/unreadBudget.ts';
import { Feed } from '../../src/host/feed.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { HostRig } from '../support/hostRig.ts';

const seen = (events: readonly ScopeEvent[]): unknown[] =>
  events.map(({ sequence, data }) => [sequence, data]);

describe('publish', () => {
  it('reaches the subscribers of its own scope and no other', async () => {
    const rig = new HostRig();
    const [one, two] = [await rig.enter(), await rig.enter()];
    const heard: [string, ScopeEvent][] = [];
    one.scope.subscribe((event) => heard.push(['one', event]));
    two.scope.subscribe((event) => heard.push(['two', event]));
    one.scope.publish('note', { text: 'for one' });
    expect(heard).toEqual([
      ['one', { sequence: 1, at: 1_000_000, kind: 'note', data: { text: 'for one' } }],
    ]);
    expect(two.scope.events).toEqual([]);
  });

  it('keeps no more than maxReplayEvents', async () => {
    const { scope } = await new HostRig({ maxReplayEvents: 3 }).enter();
    for (let i = 1; i <= 10; i++) scope.publish('note', i);
    expect(seen(scope.events)).toEqual([
      [8, 8],
      [9, 9],
      [10, 10],
    ]);
  });

  it('keeps no more than maxReplayBytes, counted as they are sent', async () => {
    const { scope } = await new HostRig({ maxReplayBytes: 1000 }).enter();
    scope.publish('note', 'x'.repeat(400));
    scope.publish('note', 'y'.repeat(300));
    expect(scope.events).toHaveLength(2);
    scope.publish('note', 'z'.repeat(300));
    expect(scope.events.map(({ sequence }) => sequence)).toEqual([2, 3]);
    // One that is larger than all: told, not kept.
    const heard: unknown[] = [];
    scope.subscribe(({ sequence }) => heard.push(sequence));
    scope.publish('note', 'x'.repeat(2000));
    expect(heard).toEqual([4]);
    expect(scope.events).toEqual([]);
    scope.publish('note', 5);
    expect(seen(scope.events)).toEqual([[5, 5]]);
  });

  it.each(['', 'a b', 'a\nb', 'a\r\ndata: x', 'ä', 'x'.repeat(65)])(
    'takes no kind that could break a stream: %j',
    async (kind) => {
      const { scope } = await new HostRig().enter();
      expect(() => scope.publish(kind, 1)).toThrow('kind must be 1 to 64');
      expect(scope.events).toEqual([]);
    },
  );

  it.each([
    'rpc',
    'progress',
    'question',
    'questions',
    'question.closed',
    'ended',
    'open',
    'error',
  ])('leaves the kind %j to the scope', async (kind) => {
    const { scope } = await new HostRig().enter();
    expect(() => scope.publish(kind, 1)).toThrow(`kind must not be '${kind}'`);
  });

  it('takes what JSON has no words for from nobody, and goes on without a gap', async () => {
    const { scope } = await new HostRig().enter();
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    expect(() => scope.publish('note', cycle)).toThrow(TypeError);
    expect(() => scope.publish('note', 1n)).toThrow(TypeError);
    scope.publish('note', undefined);
    expect(seen(scope.events)).toEqual([[1, undefined]]);
  });

  it('says nothing after the end', async () => {
    const rig = new HostRig();
    const { scope } = await rig.enter();
    const heard: string[] = [];
    scope.subscribe(({ kind }) => heard.push(kind));
    scope.close();
    await rig.gone();
    scope.publish('note', 1);
    scope.subscribe(({ kind }) => heard.push(`late ${kind}`), { after: 0 });
    scope.publish('note', 2);
    expect(heard).toEqual(['ended']);
    expect(scope.events).toEqual([]);
  });
});

describe('stream', () => {
  it('ends at once where the scope ended while it was looked up', () => {
    const clock = new VirtualClock();
    const services = new Services({
      clock,
      limits: DEFAULT_LIMITS,
      announceContent: false,
      random: () => 0,
    });
    const keepAlive = services.deadlines.queue<ResponsePort>(1, () => {});
    const told: unknown[] = [];
    const tell = (event: unknown): unknown => told.push(event);
    const feed = new Feed(
      { key: 'key', principal: undefined, services, now: () => 0, tell },
      { keepAlive, unread: new UnreadBudget(services), replay: new ReplayBudget(DEFAULT_LIMITS) },
    );
    feed.close('terminated');
    const port = new FetchPort(new AbortController().signal, []);
    feed.stream(port, undefined, () => ['questions', []]);
    expect(port.gone).toBe(true);
    expect([keepAlive.size, feed.streams, told]).toEqual([0, 0, []]);
    expect(services.counters.streams).toBe(0);
  });
});

describe('subscribe', () => {
  it('tells what was kept first, from where it is asked to', async () => {
    const { scope } = await new HostRig().enter();
    for (let i = 1; i <= 3; i++) scope.publish('note', i);
    const heard: unknown[] = [];
    scope.subscribe(({ data }) => heard.push(['all', data]), { after: 0 });
    scope.subscribe(({ data }) => heard.push(['some', data]), { after: 2 });
    scope.subscribe(({ data }) => heard.push(['new', data]));
    scope.publish('note', 4);
    expect(heard).toEqual([
      ['all', 1],
      ['all', 2],
      ['all', 3],
      ['some', 3],
      ['all', 4],
      ['some', 4],
      ['new', 4],
    ]);
  });

  it('a listener that throws disturbs nobody, also while it is told what was kept', async () => {
    const rig = new HostRig();
    const failed = rig.record('observer.failed');
    const { scope } = await rig.enter();
    for (let i = 1; i <= 3; i++) scope.publish('note', i);
    let calls = 0;
    const stop = scope.subscribe(
      () => {
        calls++;
        throw new Error('listener');
      },
      { after: 0 },
    );
    const heard: unknown[] = [];
    scope.subscribe(({ data }) => heard.push(data));
    scope.publish('note', 4);
    expect(calls).toBe(4);
    expect(heard).toEqual([4]);
    expect(failed).toHaveLength(4);
    expect(failed[0]).toMatchObject({ event: 'note', error: new Error('listener') });
    stop();
    scope.publish('note', 5);
    expect(calls).toBe(4);
  });

  it('all hear the same order, also where a listener publishes', async () => {
    const { scope } = await new HostRig().enter();
    const heard: string[] = [];
    scope.subscribe(({ data }) => {
      heard.push(`a ${String(data)}`);
      if (data === 1) scope.publish('note', 2);
    });
    scope.subscribe(({ data }) => heard.push(`b ${String(data)}`));
    scope.publish('note', 1);
    expect(heard).toEqual(['a 1', 'b 1', 'a 2', 'b 2']);
  });

  it('what a listener publishes while it is told what was kept comes behind it, and once', async () => {
    const { scope } = await new HostRig({ maxReplayEvents: 3 }).enter();
    for (let i = 1; i <= 3; i++) scope.publish('note', i);
    const heard: unknown[] = [];
    scope.subscribe(
      ({ data }) => {
        heard.push(data);
        if (data === 1) for (const each of [4, 5, 6]) scope.publish('note', each);
      },
      { after: 0 },
    );
    expect(heard).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('a listener that subscribes another is no reason to tell it twice', async () => {
    const { scope } = await new HostRig().enter();
    const heard: unknown[] = [];
    const stop = scope.subscribe(() => {
      stop();
      scope.subscribe(({ data }) => heard.push(data), { after: 0 });
      scope.subscribe(({ data }) => heard.push(`new ${String(data)}`));
    });
    scope.publish('note', 1);
    expect(heard).toEqual([1]);
    scope.publish('note', 2);
    expect(heard).toEqual([1, 2, 'new 2']);
  });

  it('the same listener twice is two subscriptions', async () => {
    const { scope } = await new HostRig().enter();
    const heard: unknown[] = [];
    const listener = ({ data }: ScopeEvent): void => void heard.push(data);
    const stop = scope.subscribe(listener);
    scope.subscribe(listener);
    scope.publish('note', 1);
    stop();
    stop();
    scope.publish('note', 2);
    expect(heard).toEqual([1, 1, 2]);
  });

  it('a listener that ends the scope keeps nobody from hearing of the end', async () => {
    const rig = new HostRig();
    const { scope } = await rig.enter();
    const heard: string[] = [];
    scope.subscribe(({ kind }) => {
      heard.push(`a ${kind}`);
      if (kind === 'note') scope.close();
    });
    scope.subscribe(({ kind }) => heard.push(`b ${kind}`));
    scope.publish('note', 1);
    await rig.gone();
    expect(heard).toEqual(['a note', 'b note', 'a ended', 'b ended']);
  });

  it('holds the scope where it is attached, and only there', async () => {
    const rig = new HostRig();
    const [one, two] = [await rig.enter(), await rig.enter()];
    one.scope.subscribe(() => {});
    const stops = [1, 2].map(() => two.scope.subscribe(() => {}, { attached: true }));
    await rig.clock.elapse(60 * 60_000);
    expect(rig.host.stats()).toMatchObject({ sessions: { total: 1 }, evicted: { expired: 1 } });
    stops[0]!();
    stops[0]!();
    await rig.clock.elapse(60 * 60_000);
    expect(rig.host.stats().sessions.total).toBe(1);
    stops[1]!();
    await rig.clock.elapse(5 * 60_000);
    expect(rig.host.stats().sessions.total).toBe(0);
  });
});

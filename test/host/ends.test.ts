import type { Entered } from 'mcp-actors/host';
import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { Gates } from '../support/gates.ts';
import { type FakeResource, HostRig } from '../support/hostRig.ts';
import { rejected } from '../support/rejected.ts';

const IDLE_MS = 5 * 60_000;

type End = (entered: Entered<FakeResource>, rig: HostRig) => unknown;

describe('what a scope owns is closed exactly once', () => {
  const ends: [string, End][] = [
    ['terminated', ({ scope }) => scope.close()],
    ['expired', (_, rig) => rig.clock.elapse(IDLE_MS + 5000)],
    [
      'capacity',
      async (_, rig) => {
        await rig.quiet();
        await rig.enter({ 'x-user': 'bob' });
      },
    ],
    ['crashed', (_, { opened }) => opened[0]!.scope.crash(new Error('broken'))],
    ['drained', (_, { host }) => host.drain({ deadlineMs: 1000 })],
    ['drained', (_, { host }) => host.close()],
  ];

  it.each(ends)('when it ends as %s (%#)', async (reason, end) => {
    const rig = new HostRig({ maxSessions: 1, onCrash: 'evict' });
    const ended = rig.record('session.ended');
    const opened = await rig.enter({ 'x-user': 'alice' });
    const resource = await opened.scope.run((each) => each);
    await end(opened, rig);
    while (ended.length === 0) await turn();
    expect(ended).toMatchObject([{ session: opened.scope.key, reason }]);
    expect(resource.closes).toBe(1);
    expect(resource.scope.signal.aborted).toBe(true);
    expect(rig.host.stats().evicted).toMatchObject({ [reason]: 1 });
    opened.scope.close();
    await rig.host.close();
    expect(resource.closes).toBe(1);
    expect(rig.host.stats().orphans).toBe(0);
  });

  it('when it ends while it opens', async () => {
    const gates = new Gates();
    const rig = new HostRig({
      onOpen: async (scope) => {
        scope.own(() => void gates.aborted.add('closed'));
        await gates.pass('open', new AbortController().signal);
        expect(() => scope.own(() => {})).toThrow('own() after the session ended');
        gates.aborted.add('refused');
      },
    });
    const { scope } = await rig.enter();
    const work = scope.run(() => 1);
    const refused = rejected(work);
    await gates.reached('open');
    scope.close();
    await rig.clock.elapse(5000);
    expect(await refused).toMatchObject({ code: 'session-over' });
    await rig.gone();
    expect([...gates.aborted]).toEqual(['closed']);
    gates.open('open');
    await turn();
    expect([...gates.aborted]).toEqual(['closed', 'refused']);
  });

  it('last in, first out; one that fails or hangs is reported and holds nobody back', async () => {
    const closed: number[] = [];
    const rig = new HostRig({
      onOpen: (scope) => {
        scope.own(() => void closed.push(1));
        scope.own(() => new Promise(() => {}), { deadlineMs: 50 });
        scope.own(() => Promise.reject(new Error('stuck')));
        scope.own(() => void closed.push(2));
      },
    });
    const orphans = rig.record('session.orphan');
    const { scope } = await rig.enter();
    await scope.run(() => {});
    scope.close();
    await rig.clock.elapse(50);
    await rig.gone();
    expect(closed).toEqual([2, 1]);
    expect(orphans).toHaveLength(2);
    expect(rig.host.stats().orphans).toBe(2);
  });
});

describe('close', () => {
  it('lets work in flight finish within closeTimeoutMs', async () => {
    const gates = new Gates();
    const rig = new HostRig();
    const { scope } = await rig.enter();
    const work = scope.run(async (resource, signal) => {
      await gates.pass('work', signal);
      return resource.closes;
    });
    await gates.reached('work');
    scope.close();
    await rig.clock.elapse(4999);
    expect(rig.opened[0]!.closes).toBe(0);
    gates.open('work');
    expect(await work).toBe(0);
    await rig.gone();
    expect(rig.opened[0]!.closes).toBe(1);
  });

  it('cuts it then: its caller gets one clear error', async () => {
    const gates = new Gates();
    const rig = new HostRig();
    const { scope } = await rig.enter();
    const work = scope.run((_, signal) => gates.pass('work', signal));
    const deaf = scope.run(() => new Promise(() => {}));
    const cut = Promise.all([work, deaf].map(rejected));
    await gates.reached('work');
    scope.close();
    await rig.clock.elapse(5000);
    expect(await cut).toMatchObject([{ code: 'session-over' }, { code: 'session-over' }]);
    await rig.gone();
    expect(gates.aborted.has('work')).toBe(true);
    expect(rig.host.stats()).toMatchObject({ inFlight: 0, orphans: 2 });
  });

  it('is told by drain: what was cut at its deadline, and what was not', async () => {
    const gates = new Gates();
    const rig = new HostRig();
    const [one, two] = [await rig.enter(), await rig.enter()];
    const quick = one.scope.run((_, signal) => gates.pass('quick', signal));
    const slow = two.scope.run((_, signal) => gates.pass('slow', signal));
    const cut = rejected(slow);
    await gates.reached('slow');
    const drained = rig.host.drain({ deadlineMs: 60_000 });
    gates.open('quick');
    await quick;
    await rig.clock.elapse(60_000);
    expect(await cut).toMatchObject({ code: 'session-over' });
    expect(await drained).toEqual({
      sessions: 2,
      kept: 0,
      incomplete: 0,
      settled: 1,
      cut: 1,
      ms: 60_000,
    });
  });

  it('gives up open questions at once: nobody could answer them any more', async () => {
    const rig = new HostRig();
    const { scope } = await rig.enter();
    const work = scope.run(() => scope.ask('approval', {}));
    const refused = rejected(work);
    await turn();
    scope.close();
    expect(await refused).toMatchObject({ code: 'session-over' });
    await rig.gone();
    expect(rig.clock.now()).toBe(1_000_000);
  });
});

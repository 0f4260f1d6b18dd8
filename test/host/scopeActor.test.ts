import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { Gates } from '../support/gates.ts';
import { cookieOf, HostRig } from '../support/hostRig.ts';
import { rejected } from '../support/rejected.ts';

const IDLE_MS = 5 * 60_000;

describe('run', () => {
  it('opens when it is first asked to work, and once for all who ask meanwhile', async () => {
    const gates = new Gates();
    const rig = new HostRig({ onOpen: ({ signal }) => gates.pass('open', signal) });
    const { scope } = await rig.enter();
    expect(rig.opens).toBe(0);
    const all = Array.from({ length: 10 }, () => scope.run(({ number }) => number));
    await gates.reached('open');
    const late = scope.run(({ number }) => number);
    gates.open('open');
    expect(await Promise.all([...all, late])).toEqual(Array.from({ length: 11 }, () => 1));
    expect(await scope.run(({ number }) => number)).toBe(1);
    expect(rig.opens).toBe(1);
  });

  it('rejects all callers of a failed opening with its error, and tries again for the next', async () => {
    let failures = 2;
    const closed: string[] = [];
    const rig = new HostRig({
      onOpen: (scope) => {
        scope.own(() => void closed.push('half open'));
        if (failures-- > 0) throw new Error(`no server ${failures}`);
      },
    });
    const { scope } = await rig.enter();
    const work = (): Promise<number> => scope.run(({ number }) => number);
    const results = await Promise.allSettled([work(), work(), work()]);
    expect(results).toEqual(
      Array.from({ length: 3 }, () => ({ status: 'rejected', reason: new Error('no server 1') })),
    );
    expect(rig.opens).toBe(1);
    await turn();
    expect(closed).toEqual(['half open']);
    await expect(work()).rejects.toThrow('no server 0');
    await turn();
    expect(closed).toHaveLength(2);
    expect(await work()).toBe(1);
    expect(rig.opens).toBe(3);
    // Neither failure was the scope's end, nor a crash of it.
    expect(rig.host.stats()).toMatchObject({ sessions: { total: 1 }, crashes: 0 });
  });

  it('gives up an opening that takes too long, and releases what it owned', async () => {
    const gates = new Gates();
    const closed: number[] = [];
    const rig = new HostRig({
      openTimeoutMs: 1000,
      onOpen: async (scope) => {
        scope.own(() => void closed.push(rig.opens));
        await (rig.opens === 1 ? gates.pass('open', scope.signal) : undefined);
      },
    });
    const { scope } = await rig.enter();
    const work = scope.run(({ number }) => number);
    const refused = rejected(work);
    await rig.clock.elapse(999);
    expect(gates.aborted.has('open')).toBe(false);
    await rig.clock.elapse(1);
    expect(await refused).toMatchObject({ code: 'timed-out' });
    await gates.reached('open aborted');
    await turn();
    expect(closed).toEqual([1]);
    expect(await scope.run(({ number }) => number)).toBe(1);
    expect(rig.opens).toBe(2);
  });

  it("rejects with its work's error and harms nothing", async () => {
    const rig = new HostRig();
    const { scope } = await rig.enter();
    await expect(scope.run(() => Promise.reject(new Error('tool')))).rejects.toThrow('tool');
    await expect(
      scope.run(() => {
        throw new Error('sync');
      }),
    ).rejects.toThrow('sync');
    expect(await scope.run(({ number }) => number)).toBe(1);
    expect(rig.host.stats()).toMatchObject({ inFlight: 0, calls: 3, crashes: 0 });
  });

  it('refuses more than maxInFlight, and counts it', async () => {
    const gates = new Gates();
    const rig = new HostRig({ maxInFlight: 2 });
    const limits = rig.record('limit');
    const { scope } = await rig.enter();
    const work = [1, 2].map(() => scope.run((_, signal) => gates.pass('work', signal)));
    await expect(scope.run(() => 3)).rejects.toMatchObject({ code: 'scope-busy' });
    expect(rig.host.stats()).toMatchObject({ inFlight: 2, limits: { maxInFlight: 1 } });
    expect(limits).toEqual([{ session: scope.key, limit: 'maxInFlight' }]);
    gates.open('work');
    await Promise.all(work);
    expect(await scope.run(() => 3)).toBe(3);
    expect(rig.host.stats().highWater.inFlight).toBe(2);
  });

  it('refuses when the scope has ended', async () => {
    const rig = new HostRig();
    const { scope } = await rig.enter();
    scope.close();
    await expect(scope.run(() => 1)).rejects.toMatchObject({ code: 'session-over' });
    await expect(scope.ask('x', {})).rejects.toMatchObject({ code: 'session-over' });
    expect(scope.answer('1', {})).toBe(false);
    expect(scope.subscribe(() => {})).toBeTypeOf('function');
    expect(rig.opens).toBe(0);
  });

  it('pins the scope: neither time nor capacity ends it before its work is done', async () => {
    const gates = new Gates();
    const rig = new HostRig({ maxSessions: 1 });
    const { scope } = await rig.enter();
    await rig.quiet();
    expect(rig.host.stats().sessions.idle).toBe(1);
    const work = scope.run((_, signal) => gates.pass('work', signal));
    await rig.clock.elapse(10 * IDLE_MS);
    await expect(rig.enter()).rejects.toMatchObject({ code: 'at-capacity' });
    gates.open('work');
    await work;
    await rig.clock.elapse(IDLE_MS - 1);
    expect(rig.host.stats().sessions.total).toBe(1);
    await rig.clock.elapse(5000);
    expect(rig.host.stats()).toMatchObject({ sessions: { total: 0 }, evicted: { expired: 1 } });
  });
});

describe('an open question', () => {
  it('pins its scope, also one that was idle', async () => {
    const rig = new HostRig({ maxSessions: 1, answerTimeoutMs: 100 * IDLE_MS });
    const { scope } = await rig.enter();
    await rig.quiet();
    expect(rig.host.stats().sessions.idle).toBe(1);
    const answer = scope.ask('approval', {});
    await rig.clock.elapse(10 * IDLE_MS);
    await expect(rig.enter()).rejects.toMatchObject({ code: 'at-capacity' });
    expect(scope.answer(scope.questions[0]!.id, 'yes')).toBe(true);
    expect(await answer).toBe('yes');
    await rig.clock.elapse(IDLE_MS + 5000);
    expect(rig.host.stats().evicted.expired).toBe(1);
  });
});

describe('a crash', () => {
  it('releases all and opens again when it is asked: the scope, its events and its cookie stay', async () => {
    const rig = new HostRig();
    const crashes = rig.record('session.crashed');
    const entered = await rig.enter();
    const { scope } = entered;
    scope.publish('note', 1);
    const first = await scope.run((resource) => resource);
    const gates = new Gates();
    const work = scope.run((_, signal) => gates.pass('work', signal));
    const question = first.scope.ask('approval', {});
    const lost = Promise.all([work, question].map(rejected));
    await gates.reached('work');
    first.scope.crash(new Error('broken'));
    expect(await lost).toMatchObject([{ code: 'session-over' }, { code: 'session-over' }]);
    expect(first.closes).toBe(1);
    expect(crashes).toMatchObject([{ session: scope.key, restarted: true }]);
    expect(rig.opens).toBe(1);
    const again = await rig.enter(cookieOf(entered));
    expect(again.scope).toBe(scope);
    expect(await scope.run(({ number }) => number)).toBe(2);
    expect(scope.events.map(({ kind }) => kind)).toEqual(['note', 'question', 'question.closed']);
    expect(rig.host.stats()).toMatchObject({ crashes: 1, restarts: 1, sessions: { total: 1 } });
  });

  it('of what has gone already is an orphan, and harms nobody', async () => {
    const rig = new HostRig();
    const { scope } = await rig.enter();
    const first = await scope.run((resource) => resource);
    first.scope.crash(new Error('one'));
    first.scope.crash(new Error('late'));
    await turn();
    const second = await scope.run((resource) => resource);
    first.scope.crash(new Error('later'));
    await expect(first.scope.ask('approval', {})).rejects.toMatchObject({ code: 'session-over' });
    expect(scope.questions).toEqual([]);
    expect(second.closes).toBe(0);
    expect(rig.host.stats()).toMatchObject({ crashes: 1, orphans: 2 });
  });

  it('while it opens: what opened too late harms nothing that was opened since', async () => {
    const gates = new Gates();
    const rig = new HostRig({
      onOpen: async (scope) => {
        if (rig.opens > 1) return;
        // Deaf: goes on when its scope has crashed, and fails when nobody waits any more.
        setImmediate(() => scope.crash(new Error('broken')));
        await gates.pass('open', new AbortController().signal);
        throw new Error('too late');
      },
    });
    const { scope } = await rig.enter();
    expect(await rejected(scope.run(() => 1))).toMatchObject({ code: 'session-over' });
    const second = await scope.run((resource) => resource);
    gates.open('open');
    await turn();
    await turn();
    expect(await scope.run((resource) => resource)).toBe(second);
    expect(second.closes).toBe(0);
    expect(rig.opens).toBe(2);
  });

  it('ends the scope when it comes too often, and no sibling', async () => {
    const rig = new HostRig();
    const [one, two] = [await rig.enter(), await rig.enter()];
    for (let i = 0; i < 4; i++) {
      const { scope } = await one.scope.run((resource) => resource);
      scope.crash(new Error('broken'));
      await turn();
    }
    expect(rig.host.stats()).toMatchObject({ evicted: { crashed: 1 }, sessions: { total: 1 } });
    await expect(one.scope.run(() => 1)).rejects.toMatchObject({ code: 'session-over' });
    expect(await two.scope.run(() => 1)).toBe(1);
  });
});

describe('events of the host', () => {
  it('tell of each scope by its key alone', async () => {
    const rig = new HostRig();
    const said: { name: string; session: string; from?: string; to?: string }[] = [];
    for (const name of ['session.started', 'session.transition', 'session.ended'] as const) {
      rig.host.on(name, (event) => said.push({ name, ...event }));
    }
    const { scope, token } = await rig.enter({ 'x-user': 'alice' });
    scope.close();
    await rig.gone();
    const lines = said.map(({ name, session, from, to }) =>
      from === undefined ? [name, session] : [name, session, from, to],
    );
    expect(lines).toEqual([
      ['session.transition', scope.key, 'new', 'initializing.building'],
      ['session.transition', scope.key, 'initializing.building', 'active'],
      ['session.started', scope.key],
      ['session.transition', scope.key, 'active', 'closing.settling'],
      ['session.transition', scope.key, 'closing.settling', 'closing.releasing'],
      ['session.transition', scope.key, 'closing.releasing', 'evicted'],
      ['session.ended', scope.key],
    ]);
    const text = JSON.stringify(said);
    expect(text).not.toContain('alice');
    expect(text).not.toContain(token!.split('.')[0]);
  });

  it('reach every listener, also behind one that throws', async () => {
    const rig = new HostRig();
    const failed = rig.record('observer.failed');
    rig.host.on('session.started', () => {
      throw new Error('listener');
    });
    const started = rig.record('session.started');
    const { scope } = await rig.enter();
    expect(await scope.run(() => 1)).toBe(1);
    expect(started).toHaveLength(1);
    expect(failed).toMatchObject([{ event: 'session.started' }]);
  });
});

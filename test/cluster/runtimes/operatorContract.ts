import { describe, expect, it } from 'vitest';
import type { MakeHome } from './home.ts';
import { ClusterRig } from './rig.ts';

/** What an operator has of a cluster, at any of its processes. */
export function operatorContract(make: MakeHome): void {
  describe('an operator of a cluster', () => {
    it('evicts a session wherever it is, and finds none a second time', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      const ended: string[] = [];
      rig.process('a').runtime.on('session.ended', ({ reason }) => ended.push(reason));
      const { runtime } = rig.process('b');
      expect(await rig.over(runtime.evict(client.id!))).toBe(true);
      expect(ended).toEqual(['revoked']);
      for (const name of ['a', 'b', 'c']) {
        rig.turnTo(name);
        expect((await rig.over(client.request('ping'))).status).toBe(404);
      }
      expect(await rig.over(rig.process('c').runtime.evict(client.id!))).toBe(false);
      expect(await rig.over(runtime.evict('nobody'))).toBe(false);
    });

    it('evicts for the reason given, and a session that sleeps', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      const events: unknown[] = [];
      for (const { name, runtime } of rig.processes) {
        runtime.on('session.ended', ({ reason }) => events.push([name, reason]));
      }
      await rig.sleep();
      const { runtime } = rig.process('b');
      expect(await rig.over(runtime.evict(client.id!, 'terminated'))).toBe(true);
      expect(events).toEqual([['b', 'terminated']]);
      expect((await rig.over(client.request('ping'))).status).toBe(404);
    });

    it('evicts the session of a process that died, when its lease is over', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      rig.process('a').kill();
      expect(await rig.over(rig.process('b').runtime.evict(client.id!), 10)).toBe(true);
      rig.turnTo('c');
      expect((await rig.over(client.request('ping'))).status).toBe(404);
    });

    it('evicts all sessions of a principal, and no others', async () => {
      const rig = await ClusterRig.start(make);
      const asleep = await rig.open('c', 'ann');
      await rig.sleep();
      const anns = [await rig.open('a', 'ann'), await rig.open('b', 'ann'), asleep];
      const bob = await rig.open('a', 'bob');
      const { runtime } = rig.process('c');
      expect(await rig.over(runtime.evictPrincipal('ann'))).toBe(3);
      for (const ann of anns) expect((await rig.over(ann.request('ping'))).status).toBe(404);
      expect((await rig.over(bob.request('ping'))).status).toBe(200);
      const missed: unknown[] = [];
      runtime.on('revocation.missed', (event) => missed.push(event));
      expect(await rig.over(runtime.evictPrincipal('ann'))).toBe(0);
      expect(missed).toHaveLength(1);
    });

    it('evicts more sessions of a principal than are asked for at once', async () => {
      const rig = await ClusterRig.start(make, { maxSessionsPerPrincipal: 200 });
      for (let i = 0; i < 80; i++) await rig.open('ab'[i % 2]!, 'ann');
      expect(await rig.over(rig.process('c').runtime.evictPrincipal('ann'))).toBe(80);
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([0, 0, 0]);
    });

    it('wakes a session where it is, or here where it is nobody’s', async () => {
      const rig = await ClusterRig.start(make);
      const attached = await rig.open('a');
      rig.turnTo('c');
      await rig.over(attached.get());
      await rig.sleep();
      const other = await rig.open('b');
      await rig.sleep();
      const { runtime } = rig.process('b');
      const stateOf = (): unknown =>
        rig.over(rig.process('a').runtime.list()).then(({ sessions }) => sessions[0]?.state);
      expect(await stateOf()).toBe('idle.asleep');
      expect(await rig.over(runtime.wake(attached.id!))).toBeUndefined();
      expect(await stateOf()).toBe('active');
      const woken = await rig.over(runtime.wake(other.id!));
      expect(woken?.id).toBe(other.id);
      expect(await rig.over(runtime.wake('nobody'))).toBeUndefined();
    });

    it('lists the sessions of all processes, and claims none of them', async () => {
      const rig = await ClusterRig.start(make);
      const asleep = await rig.open('c', 'ann');
      await rig.sleep();
      const [first, second] = [await rig.open('a', 'ann'), await rig.open('b', 'bob')];
      // In use for as long as they are looked at.
      const held = [
        rig.over(first.call('tools/call', { name: 'hold', arguments: { text: 'w' } })),
        rig.over(second.call('tools/call', { name: 'hold', arguments: { text: 'x' } })),
      ];
      for (const gate of ['w', 'x']) await rig.over(rig.gates.reached(gate));
      for (const name of ['a', 'b', 'c']) {
        const { runtime } = rig.process(name);
        const { sessions } = await rig.over(runtime.list());
        const shown = new Map(sessions.map((view) => [view.id, view]));
        expect(sessions).toHaveLength(3);
        expect(shown.get(asleep.id!)).toMatchObject({ node: undefined, state: 'idle.asleep' });
        expect(shown.get(first.id!)).toMatchObject({ node: 'a', state: 'active' });
        expect(shown.get(second.id!)).toMatchObject({ node: 'b', inFlight: 1 });
        expect(shown.get(second.id!)?.requests).toMatchObject([{ name: 'hold', running: true }]);
        // As this process calls the principal, so that it can be asked for.
        const { principal } = shown.get(second.id!)!;
        const own = await rig.over(runtime.list({ principal }));
        expect(own.sessions.map(({ id }) => id)).toEqual([second.id]);
        const active = await rig.over(runtime.list({ state: 'active' }));
        expect(active.sessions.map(({ node }) => String(node)).toSorted()).toEqual(['a', 'b']);
      }
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([1, 1, 0]);
      for (const gate of ['w', 'x']) rig.gates.open(gate);
      await Promise.all(held);
    });

    it('lists by page, each session once', async () => {
      const rig = await ClusterRig.start(make);
      for (let i = 0; i < 12; i++) await rig.open('abc'[i % 3]!);
      // A session whose record is renewed meanwhile may be listed once more.
      await rig.home.pass(1000);
      const ids: string[] = [];
      let after: string | undefined;
      do {
        const query = { limit: 5, ...(after !== undefined && { after }) };
        const { sessions, next } = await rig.over(rig.process('b').runtime.list(query));
        ids.push(...sessions.map(({ id }) => id));
        after = next;
      } while (after !== undefined);
      expect(ids).toHaveLength(12);
      expect(new Set(ids).size).toBe(12);
    });

    it('lists the sessions of a process that does not answer as they are stored', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      rig.process('a').kill();
      const { sessions } = await rig.over(rig.process('b').runtime.list(), 10);
      expect(sessions).toMatchObject([{ id: client.id, node: 'a' }]);
      await rig.home.pass(rig.home.leaseMs + 100);
      const later = await rig.over(rig.process('b').runtime.list());
      expect(later.sessions).toMatchObject([
        { id: client.id, node: undefined, state: 'idle.asleep' },
      ]);
    });

    it('that drains still acts on what other processes have', async () => {
      const rig = await ClusterRig.start(make);
      const [mine, other] = [await rig.open('a'), await rig.open('b')];
      const { runtime } = rig.process('a');
      await rig.over(runtime.drain({ deadlineMs: 1000 }));
      expect(await rig.over(runtime.evict(other.id!))).toBe(true);
      // It was handed over, and is nobody's.
      expect(await rig.over(runtime.evict(mine.id!))).toBe(true);
      rig.turnTo('b');
      for (const client of [mine, other]) {
        expect((await rig.over(client.request('ping'))).status).toBe(404);
      }
    });
  });
}

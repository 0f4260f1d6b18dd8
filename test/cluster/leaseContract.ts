import { describe, expect, it } from 'vitest';
import { ABOUT, asleep, born, type EngineHome, LEASE_MS, node, print } from './engineRig.ts';

/** What every engine does with leases and their nodes. */
export function leaseContract(name: string, open: () => Promise<EngineHome>): void {
  describe(`${name}: leases`, () => {
    it('join begins a lease, with the time and the server; done twice is done', async () => {
      const engine = (await open()).connect();
      const beat = await engine.join('a#1', LEASE_MS, ABOUT);
      const again = await engine.join('a#1', LEASE_MS, ABOUT);
      expect(beat).toMatchObject({ isKept: true, since: beat.now });
      expect(beat.server).not.toBe('');
      expect(again).toMatchObject({ isKept: true, server: beat.server, since: beat.since });
      expect(again.now).toBeGreaterThanOrEqual(beat.now);
      const left = await engine.leftMs('a#1');
      expect(left).toBeGreaterThan(LEASE_MS - 5000);
      expect(left).toBeLessThanOrEqual(LEASE_MS);
      expect(await engine.leftMs('a#2')).toBe(0);
    });

    it('since is one time for all nodes, and stays', async () => {
      const home = await open();
      const first = await home.connect().join('a#1', LEASE_MS, ABOUT);
      await home.pass(1000);
      const second = await home.connect().join('b#1', LEASE_MS, ABOUT);
      // The engine's own time is told besides: since is as long ago as the first beat.
      expect(second.now - second.since).toBeGreaterThanOrEqual(1000);
      expect(second.server).toBe(first.server);
    });

    it('renew keeps a lease on, with what the node says then', async () => {
      const home = await open();
      const { engine } = await node(home, 'a#1');
      await home.pass(LEASE_MS - 10_000);
      const beat = await engine.renew('a#1', LEASE_MS, Buffer.from('draining'));
      expect(beat.isKept).toBe(true);
      await home.pass(LEASE_MS - 10_000);
      expect(await engine.leftMs('a#1')).toBeGreaterThan(0);
      expect(await engine.members()).toEqual([
        { incarnation: 'a#1', about: Buffer.from('draining') },
      ]);
    });

    it('renew begins no lease: not one that has ended, not one that was never there', async () => {
      const home = await open();
      const { engine } = await node(home, 'a#1');
      await home.pass(LEASE_MS);
      for (const as of ['a#1', 'b#1']) {
        const beat = await engine.renew(as, LEASE_MS, ABOUT);
        expect(beat.isKept).toBe(false);
        expect(beat.server).not.toBe('');
        expect(await engine.leftMs(as)).toBe(0);
      }
      expect(await engine.members()).toEqual([]);
      expect(await engine.join('a#2', LEASE_MS, ABOUT)).toMatchObject({ isKept: true });
    });

    it('members are the nodes whose leases last, each with its words', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      const b = home.connect();
      await b.join('b#1', LEASE_MS * 2, Buffer.from([0, 255]));
      const members = await a.engine.members();
      expect(members.map(({ incarnation }) => incarnation).toSorted()).toEqual(['a#1', 'b#1']);
      expect(members).toContainEqual({ incarnation: 'b#1', about: Buffer.from([0, 255]) });
      await home.pass(LEASE_MS);
      expect((await b.members()).map(({ incarnation }) => incarnation)).toEqual(['b#1']);
    });

    it('leave ends a lease, once or twice, and sessions are there for others', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await born(a, 's');
      await a.engine.leave('a#1');
      await a.engine.leave('a#1');
      expect(await b.engine.leftMs('a#1')).toBe(0);
      expect(await a.engine.renew('a#1', LEASE_MS, ABOUT)).toMatchObject({ isKept: false });
      expect(await b.sessions.look(print('s'))).toEqual({ is: 'free' });
      expect(await b.sessions.claim(print('s'), 'b#1', 0)).toMatchObject({
        is: 'ours',
        from: 'a#1',
      });
    });
  });

  describe(`${name}: a server`, () => {
    it('that follows another has another name and another since, for all nodes', async () => {
      const home = await open();
      const a = home.connect();
      const before = await a.join('a#1', LEASE_MS, ABOUT);
      await home.keep();
      await home.pass(1000);
      await home.failOver();
      const after = await a.renew('a#1', LEASE_MS, ABOUT);
      expect(after.server).not.toBe(before.server);
      expect(after.since).toBeGreaterThan(before.since);
      await home.pass(1000);
      const other = await home.connect().join('b#1', LEASE_MS, ABOUT);
      expect(other.server).toBe(after.server);
      expect(other.now - other.since).toBeGreaterThanOrEqual(1000);
    });

    it('that follows another is told of before its beat is handed on', async () => {
      const home = await open();
      const engine = home.connect();
      const told: string[] = [];
      engine.onReconnect(() => void told.push('reconnect'));
      await engine.join('a#1', LEASE_MS, ABOUT);
      await engine.renew('a#1', LEASE_MS, ABOUT);
      expect(told).toEqual([]);
      await home.keep();
      await home.failOver();
      await engine.renew('a#1', LEASE_MS, ABOUT).finally(() => told.push('beat'));
      expect(told).toContain('reconnect');
      expect(told.at(-1)).toBe('beat');
    });

    it('is meant by what changes a session: another one refuses, and changes nothing', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      const unavailable = { code: 'store-unavailable' };
      await asleep(a, 'free');
      await born(a, 's');
      await home.keep();
      await home.failOver();
      const { sessions } = a;
      const [one] = [{ print: print('s'), token: 10, revision: 1 }];
      const right = { by: 'claim', token: 10, revision: 2 } as const;
      const asked = [
        async () => sessions.claim(print('free'), 'a#1', 0),
        async () => sessions.write('a#1', [{ print: print('s'), right, changes: [] }]),
        async () => sessions.release('a#1', one),
        async () => sessions.reassert('a#1', [one]),
      ];
      for (const ask of asked) await expect(ask()).rejects.toMatchObject(unavailable);
      // Reading changes nothing.
      expect(await sessions.look(print('free'))).toEqual({ is: 'free' });
      expect(await sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'a#1' });
      await a.engine.renew('a#1', LEASE_MS, ABOUT);
      expect(await sessions.reassert('a#1', [one])).toEqual(['ours']);
      expect(await sessions.claim(print('free'), 'a#1', 0)).toMatchObject({ is: 'ours' });
    });

    it('is meant by nothing that is asked before the first beat', async () => {
      const home = await open();
      const sessions = home.connect().space(undefined);
      await asleep(await node(home, 'a#1'), 's');
      const claim = sessions.claim(print('s'), 'b#1', 0);
      await expect(claim).rejects.toMatchObject({ code: 'store-unavailable' });
      expect(await sessions.look(print('s'))).toEqual({ is: 'free' });
    });

    it('is asked nothing more once an engine is closed', async () => {
      const home = await open();
      const { engine, sessions } = await node(home, 'a#1');
      await engine.close();
      await engine.close();
      const unavailable = { code: 'store-unavailable' };
      await expect(engine.leftMs('a#1')).rejects.toMatchObject(unavailable);
      await expect(sessions.look(print('s'))).rejects.toMatchObject(unavailable);
    });
  });
}

import { describe, expect, it } from 'vitest';
import {
  ABOUT,
  asleep,
  born,
  type EngineHome,
  LEASE_MS,
  lives,
  node,
  owned,
  print,
  taken,
} from './engineRig.ts';

const id = 's';

/** What every engine does with a session that ends one owner after the other. */
export function quarantineContract(name: string, open: () => Promise<EngineHome>): void {
  describe(`${name}: a session that ends its owners`, () => {
    let nodes = 0;
    /** A node that claims, and is not heard of again. */
    const dies = async (home: EngineHome, livesMs = 0): Promise<void> => {
      const victim = await node(home, `victim${nodes++}#1`);
      await taken(victim, id);
      await lives(home, victim, livesMs);
      await home.pass(LEASE_MS);
    };
    const claimed = async (home: EngineHome) => {
      const { sessions, as } = await node(home, `judge${nodes++}#1`);
      return sessions.claim(print(id), as, 0);
    };

    const heldForMs = async (home: EngineHome): Promise<number> => {
      const claim = await claimed(home);
      if (claim.is !== 'quarantined') throw new Error(claim.is);
      return claim.forMs;
    };

    it('is held back for 0, 1, 5 and 60 seconds, up to ten minutes, and then is had again', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      // The first death is nobody's fault.
      let began = performance.now();
      await dies(home);
      for (const seconds of [1, 5, 60, 120, 240, 480, 600, 600]) {
        const forMs = await heldForMs(home);
        expect(forMs).toBeLessThanOrEqual(seconds * 1000);
        // A real engine's time goes on while the test is at work.
        expect(forMs).toBeGreaterThan(seconds * 1000 - 900 - (performance.now() - began));
        // Whoever asks makes it no longer. A second may be over before that is asked later.
        const laterMs = seconds > 1 ? forMs / 2 : 0;
        await home.pass(laterMs);
        expect(await heldForMs(home)).toBeLessThanOrEqual(forMs - laterMs + 1);
        await home.pass(forMs - laterMs + 1);
        began = performance.now();
        await dies(home);
      }
    });

    it('is held back from the end of the lease, not from the first that asks', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      for (const waitMs of [0, 1000, 5000]) {
        await home.pass(waitMs);
        await dies(home);
      }
      await home.pass(60_000);
      expect(await claimed(home)).toMatchObject({ is: 'ours' });
    });

    it('is held back for all, and no other session is', async () => {
      const home = await open();
      const first = await node(home, 'first#1');
      await born(first, id, 'innocent');
      await home.pass(LEASE_MS);
      await dies(home);
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      for (const { sessions, as } of [a, b]) {
        expect(await sessions.claim(print(id), as, 0)).toMatchObject({ is: 'quarantined' });
      }
      expect(await b.sessions.claim(print('innocent'), 'b#1', 0)).toMatchObject({ is: 'ours' });
      expect(await a.sessions.look(print(id))).toEqual({ is: 'free' });
    });

    it('is under suspicion no more when an owner has lived for a minute', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      await dies(home);
      await home.pass(1000);
      await dies(home, 60_000);
      expect(await claimed(home)).toMatchObject({ is: 'ours' });
      await home.pass(LEASE_MS);
      expect(await claimed(home)).toMatchObject({ is: 'ours' });
    });

    it('is still under suspicion when an owner has lived for half a minute, and not more so', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      await dies(home);
      await home.pass(1000);
      await dies(home, 40_000);
      // Two deaths, as before.
      expect(await heldForMs(home)).toBeLessThanOrEqual(1000);
    });

    it('is under suspicion no more when it was released after a minute', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      await dies(home);
      await home.pass(1000);
      const kind = await node(home, 'kind#1');
      const token = await taken(kind, id);
      await lives(home, kind, 60_000);
      await kind.sessions.release('kind#1', owned(id, token, 1));
      await dies(home);
      expect(await claimed(home)).toMatchObject({ is: 'ours' });
    });

    it('is still under suspicion when it was released within a minute, also twice', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      await dies(home);
      await home.pass(1000);
      const brief = await node(home, 'brief#1');
      const token = await taken(brief, id);
      for (let time = 0; time < 2; time++) {
        await brief.sessions.release('brief#1', owned(id, token, 1));
      }
      await dies(home);
      expect(await heldForMs(home)).toBeGreaterThan(1000);
    });

    it('is under suspicion from the first death on, and its next owner is told so', async () => {
      const home = await open();
      await asleep(await node(home, 'first#1'), id);
      expect(await claimed(home)).toMatchObject({ is: 'ours', isSuspect: false });
      await home.pass(LEASE_MS);
      expect(await claimed(home)).toMatchObject({ is: 'ours', isSuspect: true });
    });

    it('has not ended an owner that has acquitted it, however often, and is no less suspect', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      await dies(home);
      for (let time = 0; time < 4; time++) {
        await home.pass(1000);
        const calm = await node(home, `calm${time}#1`);
        const token = await taken(calm, id);
        await calm.sessions.acquit(calm.as, owned(id, token, 1));
        await home.pass(LEASE_MS);
        expect(await heldForMs(home)).toBeLessThanOrEqual(1000);
      }
      await home.pass(1000);
      await dies(home);
      // The third death that counts.
      const forMs = await heldForMs(home);
      expect([forMs > 1000, forMs <= 5000]).toEqual([true, true]);
    });

    it('is acquitted by its owner alone', async () => {
      const home = await open();
      await born(await node(home, 'first#1'), id);
      await home.pass(LEASE_MS);
      await dies(home);
      await home.pass(1000);
      const [owner, stranger] = [await node(home, 'owner#1'), await node(home, 'stranger#1')];
      const token = await taken(owner, id);
      await stranger.sessions.acquit('stranger#1', owned(id, token, 1));
      await owner.sessions.acquit('owner#1', owned(id, token - 1, 1));
      await owner.sessions.acquit('owner#1', owned('unknown', token, 1));
      await home.pass(LEASE_MS);
      expect(await heldForMs(home)).toBeGreaterThan(0);
    });

    it('has not ended a node that has left, nor one that asserts it again', async () => {
      const home = await open();
      const first = await node(home, 'first#1');
      await born(first, id);
      for (let time = 0; time < 4; time++) {
        const guest = await node(home, `guest${time}#1`);
        await first.engine.leave('first#1');
        await taken(guest, id);
        await guest.engine.leave(`guest${time}#1`);
      }
      await dies(home);
      const back = await node(home, 'back#1');
      const token = await taken(back, id);
      await home.pass(LEASE_MS);
      expect(await claimed(home)).toMatchObject({ is: 'quarantined' });
      await back.engine.join('back#2', LEASE_MS, ABOUT);
      expect(await back.sessions.reassert('back#2', [owned(id, token, 1)])).toEqual(['ours']);
      expect(await back.sessions.claim(print(id), 'back#2', 0)).toMatchObject({ is: 'ours' });
    });
  });
}

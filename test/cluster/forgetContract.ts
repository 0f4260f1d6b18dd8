import { describe, expect, it } from 'vitest';
import {
  ABOUT,
  birth,
  born,
  byClaim,
  type EngineHome,
  held,
  LEASE_MS,
  lives,
  type Node,
  node,
  owned,
  print,
  put,
  remove,
  row,
  taken,
} from './engineRig.ts';

/** What every engine does with what it is told again. */
export function forgetContract(name: string, open: () => Promise<EngineHome>): void {
  describe(`${name}: what is asserted`, () => {
    it('is ours where nothing was lost, and stays so', async () => {
      const a = await node(await open(), 'a#1');
      await born(a, 's', 't');
      for (let time = 0; time < 2; time++) {
        const all = [owned('s', 10, 1), owned('t', 10, 1)];
        expect(await a.sessions.reassert('a#1', all)).toEqual(['ours', 'ours']);
      }
      expect(await a.sessions.reassert('a#1', [])).toEqual([]);
      expect(await a.sessions.write('a#1', [byClaim('s', 10, 2, put('on'))])).toEqual(['done']);
    });

    it('is to be written again after a wipe, is not released before, and is whole then', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await a.sessions.write('a#1', [birth('s', 10, put('s', { principal: 'ann' }), row(1))]);
      await home.wipe();
      expect(await a.sessions.look(print('s'))).toEqual({ is: 'unknown' });
      await a.engine.renew('a#1', LEASE_MS, ABOUT);
      await a.engine.join('a#2', LEASE_MS, ABOUT);
      await b.engine.join('b#2', LEASE_MS, ABOUT);
      expect(await a.sessions.write('a#2', [byClaim('s', 10, 2, put('x'))])).toEqual(['unknown']);
      expect(await a.sessions.reassert('a#2', [owned('s', 10, 1)])).toEqual(['again']);
      expect(await a.sessions.reassert('a#2', [owned('s', 10, 1)])).toEqual(['again']);
      // Owned, and with nothing to read yet.
      expect(await b.sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'a#2' });
      expect(await b.sessions.claim(print('s'), 'b#2', 0)).toMatchObject({ is: 'theirs' });
      expect([await held(b.sessions, 's'), await b.sessions.count()]).toEqual([undefined, 0]);
      expect(await a.sessions.release('a#2', owned('s', 10, 1))).toBe('behind');
      const again = byClaim('s', 10, 1, remove(), put('s', { principal: 'ann' }), row(1));
      expect(await a.sessions.write('a#2', [again])).toEqual(['done']);
      expect(await a.sessions.reassert('a#2', [owned('s', 10, 1)])).toEqual(['ours']);
      expect(await held(b.sessions, 's')).toEqual({ record: 's', rows: { 1: 'row 1' } });
      expect(await b.sessions.count('ann')).toBe(1);
      expect(await a.sessions.release('a#2', owned('s', 10, 1))).toBe('done');
    });

    it('and was written again stays for as long as its owner lives', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await a.sessions.reassert('a#1', [owned('s', 10, 1)]);
      await a.sessions.write('a#1', [byClaim('s', 10, 1, remove(), put('s'))]);
      await a.sessions.reassert('a#1', [owned('t', 10, 1)]);
      await a.sessions.write('a#1', [byClaim('t', 10, 1, put('t'))]);
      await lives(home, a, 20 * 60_000);
      const all = [owned('s', 10, 1), owned('t', 10, 1)];
      expect(await a.sessions.reassert('a#1', all)).toEqual(['ours', 'ours']);
    });

    it('and was never written again is unknown once its owner is gone', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      expect(await a.sessions.reassert('a#1', [owned('s', 10, 1)])).toEqual(['again']);
      await home.pass(LEASE_MS);
      const b = await node(home, 'b#1');
      expect(await b.sessions.look(print('s'))).toEqual({ is: 'unknown' });
      expect(await b.sessions.claim(print('s'), 'b#1', 0)).toEqual({ is: 'unknown' });
    });

    it("after an older state: less is to be written again, an older claim is ours, nobody's is ours", async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await born(a, 'written', 'claimed', 'released', 'same');
      await a.sessions.release('a#1', owned('released', 10, 1));
      const before = await taken(a, 'released');
      await a.sessions.release('a#1', owned('released', before, 1));
      await home.keep();
      await a.sessions.write('a#1', [byClaim('written', 10, 2, put('two'), row(1))]);
      const claimed = await taken(a, 'claimed');
      const released = await taken(a, 'released');
      await goesOn(home, a);
      const all = [
        owned('written', 10, 2),
        owned('claimed', claimed, 1),
        owned('released', released, 1),
        owned('same', 10, 1),
      ];
      const asserted = await a.sessions.reassert('a#1', all);
      expect(asserted).toEqual(['again', 'again', 'again', 'ours']);
      // The engine has the first revision, and says so until the second is there.
      expect(await a.sessions.release('a#1', owned('written', 10, 2))).toBe('behind');
      for (const [id, token] of [
        ['claimed', claimed],
        ['released', released],
      ] as const) {
        expect(await a.sessions.write('a#1', [byClaim(id, token, 2, put('on'))])).toEqual(['done']);
      }
    });

    it("and was released in a state that is asserted again is the node's", async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await born(a, 's');
      // The answer to this was lost: the node knows nothing of it.
      await a.sessions.release('a#1', owned('s', 10, 1));
      expect(await a.sessions.reassert('a#1', [owned('s', 10, 1)])).toEqual(['ours']);
      expect(await a.sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'a#1' });
    });

    it('by a later incarnation of the same process is its own, and by another process is not', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await born(a, 's');
      expect(await b.sessions.reassert('b#1', [owned('s', 10, 1)])).toEqual(['lost']);
      expect(await b.sessions.reassert('a1#1', [owned('s', 10, 1)])).toEqual(['lost']);
      await a.engine.join('a#3', LEASE_MS, ABOUT);
      expect(await a.sessions.reassert('a#3', [owned('s', 10, 1)])).toEqual(['ours']);
      expect(await b.sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'a#3' });
      expect(await a.sessions.write('a#1', [byClaim('s', 10, 2, put('x'))])).toEqual(['lost']);
      expect(await a.sessions.write('a#3', [byClaim('s', 10, 2, put('on'))])).toEqual(['done']);
    });

    it('is lost to whoever has claimed since, and to a tombstone', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await born(a, 's', 'over');
      await home.pass(LEASE_MS);
      const b = await node(home, 'b#1');
      await taken(b, 's');
      const token = await taken(b, 'over');
      await b.sessions.write('b#1', [byClaim('over', token, 2, remove('expired'))]);
      await a.engine.join('a#2', LEASE_MS, ABOUT);
      const all = [owned('s', 10, 1), owned('over', 10, 1)];
      expect(await a.sessions.reassert('a#2', all)).toEqual(['lost', 'lost']);
      expect(await b.sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'b#1' });
      expect(await b.sessions.look(print('over'))).toMatchObject({ is: 'ended' });
    });

    it('of thousands at once is answered in order', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      const ids = Array.from({ length: 1201 }, (_, n) => `s${n}`);
      await born(a, ...ids.filter((_, n) => n % 2 === 0));
      const asserted = await a.sessions.reassert(
        'a#1',
        ids.map((id) => owned(id, 10, 1)),
      );
      expect(asserted).toEqual(ids.map((_, n) => (n % 2 === 0 ? 'ours' : 'again')));
    });
  });

  describe(`${name}: a token`, () => {
    it('is greater than all before, also after an older state, by the floor', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await born(a, 's');
      await home.keep();
      const { now } = await a.engine.renew('a#1', LEASE_MS, ABOUT);
      const lost = await a.sessions.claim(print('s'), 'a#1', now + 5000);
      await goesOn(home, a);
      const claim = await a.sessions.claim(print('s'), 'a#1', now + 5001);
      if (claim.is !== 'ours' || lost.is !== 'ours') throw new Error(claim.is);
      expect(claim.token).toBeGreaterThan(lost.token);
    });
  });
}

/** Another server goes on, and a node has heard of it. */
async function goesOn(home: EngineHome, { engine, as }: Node): Promise<void> {
  await home.failOver();
  await engine.renew(as, LEASE_MS, ABOUT);
}

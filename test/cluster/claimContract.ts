import { describe, expect, it } from 'vitest';
import {
  ABOUT,
  asleep,
  birth,
  born,
  byAll,
  byClaim,
  type EngineHome,
  held,
  LEASE_MS,
  node,
  owned,
  print,
  put,
  remove,
  row,
  taken,
  texts,
} from './engineRig.ts';

/** What every engine does with owners of sessions. */
export function claimContract(name: string, open: () => Promise<EngineHome>): void {
  describe(`${name}: a claim`, () => {
    it("makes nobody's session a node's, with record, rows and revision", async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await a.sessions.write('a#1', [birth('s', 10, put('state'), row(11), row(2))]);
      await a.sessions.write('a#1', [byClaim('s', 10, 7, put('later'))]);
      await a.sessions.release('a#1', owned('s', 10, 7));
      expect(await b.sessions.look(print('s'))).toEqual({ is: 'free' });
      const claim = await b.sessions.claim(print('s'), 'b#1', 0);
      if (claim.is !== 'ours') throw new Error(claim.is);
      const { record, rows, ...others } = claim;
      expect(others).toEqual({
        is: 'ours',
        token: expect.any(Number) as number,
        revision: 7,
        from: undefined,
        isSuspect: false,
      });
      expect(String(record)).toBe('later');
      expect(rows.map(({ n }) => n)).toEqual([2, 11]);
      expect(texts(rows)).toEqual({ 2: 'row 2', 11: 'row 11' });
      const looked = await a.sessions.look(print('s'));
      expect(looked).toMatchObject({ is: 'owned', owner: 'b#1' });
      expect(looked.is === 'owned' && looked.leftMs).toBeGreaterThan(LEASE_MS - 5000);
    });

    it('never creates', async () => {
      const { sessions } = await node(await open(), 'a#1');
      expect(await sessions.claim(print('s'), 'a#1', 5)).toEqual({ is: 'unknown' });
      expect(await sessions.look(print('s'))).toEqual({ is: 'unknown' });
      expect(await sessions.count()).toBe(0);
      expect(await sessions.write('a#1', [byClaim('s', 5, 1, put('x'))])).toEqual(['unknown']);
    });

    it('of a session whose owner lives is refused, and changes nothing', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await born(a, 's');
      const claim = await b.sessions.claim(print('s'), 'b#1', 1e15);
      expect(claim).toMatchObject({ is: 'theirs', owner: 'a#1' });
      expect(claim.is === 'theirs' && claim.leftMs).toBeGreaterThan(0);
      expect(await a.sessions.write('a#1', [byClaim('s', 10, 2, put('on'))])).toEqual(['done']);
    });

    it('makes a new token each time, greater than the floor, the last one and the time', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await asleep(a, 's');
      const { now } = await a.engine.renew('a#1', LEASE_MS, ABOUT);
      const first = await taken(a, 's');
      expect(first).toBeGreaterThanOrEqual(now);
      const floor = now + 1e9;
      const second = await a.sessions.claim(print('s'), 'a#1', floor);
      expect(second).toMatchObject({ is: 'ours', token: floor });
      expect(await taken(a, 's')).toBe(floor + 1);
    });

    it('made twice, for its answer was lost, is worth what the second says', async () => {
      const a = await node(await open(), 'a#1');
      await asleep(a, 's');
      const [first, second] = [await taken(a, 's'), await taken(a, 's')];
      expect(second).toBeGreaterThan(first);
      expect(await a.sessions.write('a#1', [byClaim('s', first, 2, put('old'))])).toEqual(['lost']);
      expect(await a.sessions.write('a#1', [byClaim('s', second, 2, put('new'))])).toEqual([
        'done',
      ]);
    });

    it("takes over where the owner's lease is over, from it, and fences it off", async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await born(a, 's');
      await home.pass(LEASE_MS);
      const b = await node(home, 'b#1');
      expect(await b.sessions.look(print('s'))).toEqual({ is: 'free' });
      const claim = await b.sessions.claim(print('s'), 'b#1', 0);
      expect(claim).toMatchObject({ is: 'ours', from: 'a#1' });
      const again = await b.sessions.claim(print('s'), 'b#1', 0);
      expect(again).toMatchObject({ is: 'ours', from: undefined });
      expect(await a.sessions.write('a#1', [byClaim('s', 10, 2, put('late'))])).toEqual(['lost']);
      expect(await a.sessions.write('a#1', [byClaim('s', 10, 3, remove('x'))])).toEqual(['lost']);
      expect(await a.sessions.release('a#1', owned('s', 10, 1))).toBe('lost');
      expect(await held(b.sessions, 's')).toMatchObject({ record: 's' });
    });

    it('takes what an earlier incarnation of the same process has, with or without its lease', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await born(a, 's');
      await a.engine.join('a#2', LEASE_MS, ABOUT);
      const claim = await a.sessions.claim(print('s'), 'a#2', 0);
      expect(claim).toMatchObject({ is: 'ours', from: undefined });
      // Names that begin alike are of different processes.
      const other = await node(home, 'ab#1');
      expect(await other.sessions.claim(print('s'), 'ab#1', 0)).toMatchObject({ is: 'theirs' });
      await born(other, 't');
      expect(await a.sessions.claim(print('t'), 'a#2', 0)).toMatchObject({ is: 'theirs' });
    });

    it('is had by one of six that race, twenty times', async () => {
      const home = await open();
      const nodes = await Promise.all(
        ['a#1', 'b#1', 'c#1', 'd#1', 'e#1', 'f#1'].map((as) => node(home, as)),
      );
      for (let time = 0; time < 20; time++) {
        const id = `s${time}`;
        await asleep(nodes[time % 6]!, id);
        const claims = await Promise.all(
          nodes.map(({ sessions, as }) => sessions.claim(print(id), as, 0)),
        );
        const winner = claims.findIndex(({ is }) => is === 'ours');
        const owner = nodes[winner]!.as;
        const others = claims.filter((_, at) => at !== winner);
        expect(others.map((each) => each.is === 'theirs' && each.owner)).toEqual(
          Array.from({ length: 5 }, () => owner),
        );
      }
    });

    it('works on what belonged to all', async () => {
      const { sessions } = await node(await open(), 'a#1');
      await sessions.write('a#1', [byAll('s', put('shared'))]);
      expect(await sessions.look(print('s'))).toEqual({ is: 'free' });
      expect(await sessions.claim(print('s'), 'a#1', 0)).toMatchObject({ is: 'ours', revision: 0 });
    });
  });

  describe(`${name}: a release`, () => {
    it("makes a session nobody's, and is done twice", async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await born(a, 's');
      expect(await a.sessions.release('a#1', owned('s', 10, 1))).toBe('done');
      expect(await a.sessions.release('a#1', owned('s', 10, 1))).toBe('done');
      expect(await a.sessions.look(print('s'))).toEqual({ is: 'free' });
      expect(await a.sessions.write('a#1', [byClaim('s', 10, 2, put('late'))])).toEqual(['lost']);
      await taken(b, 's');
      expect(await a.sessions.release('a#1', owned('s', 10, 1))).toBe('lost');
      expect(await a.sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'b#1' });
    });

    it('is refused where the engine has an older revision', async () => {
      const a = await node(await open(), 'a#1');
      await born(a, 's');
      expect(await a.sessions.release('a#1', owned('s', 10, 2))).toBe('behind');
      expect(await a.sessions.look(print('s'))).toMatchObject({ is: 'owned' });
      await a.sessions.write('a#1', [byClaim('s', 10, 2, put('two'))]);
      expect(await a.sessions.release('a#1', owned('s', 10, 2))).toBe('done');
    });

    it('with another token, by another node, or of nothing is none', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await born(a, 's');
      expect(await a.sessions.release('a#1', owned('s', 9, 1))).toBe('lost');
      expect(await b.sessions.release('b#1', owned('s', 10, 1))).toBe('lost');
      expect(await a.sessions.release('a#1', owned('t', 10, 1))).toBe('unknown');
      expect(await a.sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'a#1' });
    });
  });
}

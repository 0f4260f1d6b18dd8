import { describe, expect, it } from 'vitest';
import type { SessionWrite, StoredRow } from '../../src/cluster/engine.ts';
import {
  asleep,
  birth,
  born,
  byAll,
  byClaim,
  type EngineHome,
  erase,
  held,
  node,
  owned,
  print,
  put,
  remove,
  row,
  taken,
} from './engineRig.ts';

/** What every engine does with records and rows. */
export function writeContract(name: string, open: () => Promise<EngineHome>): void {
  describe(`${name}: a write by birth`, () => {
    it("makes a session, which is its node's, and is made twice", async () => {
      const { sessions } = await node(await open(), 'a#1');
      const write = birth('s', 10, put('state'), row(1));
      expect(await sessions.write('a#1', [write])).toEqual(['done']);
      expect(await sessions.write('a#1', [write])).toEqual(['done']);
      expect(await sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'a#1' });
      expect(await held(sessions, 's')).toEqual({ record: 'state', rows: { 1: 'row 1' } });
      expect(await sessions.count()).toBe(1);
    });

    it("is refused where there is one: of another token, another node, or nobody's", async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await born(a, 's');
      await asleep(a, 'free');
      expect(await a.sessions.write('a#1', [birth('s', 11, put('x'))])).toEqual(['lost']);
      expect(await b.sessions.write('b#1', [birth('s', 10, put('x'))])).toEqual(['lost']);
      expect(await a.sessions.write('a#1', [birth('free', 10, put('x'))])).toEqual(['lost']);
      expect(await held(a.sessions, 's')).toMatchObject({ record: 's' });
      expect(await held(a.sessions, 'free')).toMatchObject({ record: 'free' });
    });

    it('that comes again late takes nothing back', async () => {
      const { sessions } = await node(await open(), 'a#1');
      const first = birth('s', 10, put('one'), row(1));
      await sessions.write('a#1', [first]);
      await sessions.write('a#1', [byClaim('s', 10, 2, put('two'), erase(1))]);
      expect(await sessions.write('a#1', [first])).toEqual(['done']);
      expect(await held(sessions, 's')).toEqual({ record: 'two', rows: {} });
    });
  });

  describe(`${name}: a write by claim`, () => {
    it('makes its changes in order, and again when it is made again', async () => {
      const { sessions } = await node(await open(), 'a#1');
      await sessions.write('a#1', [birth('s', 10, put('zero'), row(1))]);
      const write = byClaim(
        's',
        10,
        2,
        put('a'),
        put('b'),
        row(2),
        row(2, 'two'),
        erase(1),
        row(3),
        erase(3),
        erase(9),
      );
      for (let time = 0; time < 2; time++) {
        expect(await sessions.write('a#1', [write])).toEqual(['done']);
        expect(await held(sessions, 's')).toEqual({ record: 'b', rows: { 2: 'two' } });
      }
    });

    it('of other bytes is what was written', async () => {
      const { sessions } = await node(await open(), 'a#1');
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, n) => n));
      const writes = { type: 'put', bytes, expiresAt: 1.5, principal: '' } as const;
      await sessions.write('a#1', [birth('s', 10, writes, { type: 'row', n: 2 ** 40, bytes })]);
      const rows: StoredRow[] = [{ n: 2 ** 40, bytes }];
      expect(await sessions.read(print('s'))).toEqual({ record: bytes, rows });
    });

    it('is lost by another owner or token, whole, and beside others that are made', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await born(a, 's', 't', 'u');
      const batch = [
        byClaim('s', 9, 2, put('x'), row(1)),
        byClaim('t', 10, 2, put('made')),
        byClaim('gone', 10, 2, put('x'), row(1)),
        byClaim('u', 11, 2, remove('x')),
        byAll('all', put('all')),
      ];
      expect(await a.sessions.write('a#1', batch)).toEqual([
        'lost',
        'done',
        'unknown',
        'lost',
        'done',
      ]);
      expect(await held(a.sessions, 's')).toEqual({ record: 's', rows: {} });
      expect(await held(a.sessions, 't')).toMatchObject({ record: 'made' });
      expect(await held(a.sessions, 'u')).toMatchObject({ record: 'u' });
      expect(await held(a.sessions, 'gone')).toBeUndefined();
      expect(await b.sessions.write('b#1', [byClaim('s', 10, 2, put('x'))])).toEqual(['lost']);
      expect(await a.sessions.write('a#1', [])).toEqual([]);
    });

    it('with an older revision than the engine has was made before', async () => {
      const { sessions } = await node(await open(), 'a#1');
      await sessions.write('a#1', [birth('s', 10, put('one'))]);
      await sessions.write('a#1', [byClaim('s', 10, 3, put('three'))]);
      expect(await sessions.write('a#1', [byClaim('s', 10, 2, put('two'))])).toEqual(['done']);
      expect(await held(sessions, 's')).toMatchObject({ record: 'three' });
      expect(await sessions.release('a#1', owned('s', 10, 3))).toBe('done');
    });

    it('of two writes of one call makes both, and of calls at once each in its turn', async () => {
      const a = await node(await open(), 'a#1');
      const { sessions } = a;
      await born(a, 's');
      const calls = Array.from({ length: 20 }, async (_, n) =>
        sessions.write('a#1', [
          byClaim('s', 10, 2 * n + 2, put(`first ${n}`), row(2 * n)),
          byClaim('s', 10, 2 * n + 3, put(`second ${n}`), row(2 * n + 1)),
        ]),
      );
      expect((await Promise.all(calls)).flat()).toEqual(Array.from({ length: 40 }, () => 'done'));
      const found = await held(sessions, 's');
      expect(found?.record).toBe('second 19');
      expect(Object.keys(found?.rows ?? {})).toHaveLength(40);
    });

    it('of more than goes into one step is made', async () => {
      const { sessions } = await node(await open(), 'a#1');
      const large = 'x'.repeat(2 ** 20);
      const batch: SessionWrite[] = [
        ...Array.from({ length: 1500 }, (_, n) => birth(`s${n}`, 10)),
        ...Array.from({ length: 9 }, (_, n) => birth(`large${n}`, 10, put(large))),
        birth('rows', 10, put('rows'), ...Array.from({ length: 1200 }, (_, n) => row(n))),
      ];
      const written = await sessions.write('a#1', batch);
      expect(written).toEqual(Array.from({ length: batch.length }, () => 'done'));
      expect(await sessions.count()).toBe(batch.length);
      expect((await sessions.read(print('rows')))?.rows).toHaveLength(1200);
      const gone = batch.map((each) => ({ ...each, changes: [remove()] }));
      await sessions.write('a#1', gone);
      expect(await sessions.count()).toBe(0);
    });
  });

  describe(`${name}: what ends with remove`, () => {
    it('takes record, rows and owner, and leaves a tombstone for a minute', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      const tombstone = Buffer.from('expired');
      const ended = { is: 'ended', tombstone };
      await a.sessions.write('a#1', [birth('s', 10, put('s', { principal: 'ann' }), row(1))]);
      await a.sessions.write('a#1', [byClaim('s', 10, 2, remove('expired'))]);
      expect(await held(b.sessions, 's')).toBeUndefined();
      expect(await b.sessions.look(print('s'))).toEqual(ended);
      expect(await b.sessions.claim(print('s'), 'b#1', 0)).toEqual(ended);
      expect([await b.sessions.count(), await b.sessions.count('ann')]).toEqual([0, 0]);
      expect(await a.sessions.release('a#1', owned('s', 10, 2))).toBe('unknown');
      await home.pass(59_000);
      expect(await b.sessions.look(print('s'))).toEqual(ended);
      await home.pass(1001);
      expect(await b.sessions.look(print('s'))).toEqual({ is: 'unknown' });
      expect(await b.sessions.claim(print('s'), 'b#1', 0)).toEqual({ is: 'unknown' });
    });

    it('is done again, and where the engine has forgotten the session', async () => {
      const a = await node(await open(), 'a#1');
      const { sessions } = a;
      await born(a, 's');
      for (const write of [
        byClaim('s', 10, 2, remove('one')),
        byClaim('s', 10, 2, remove('one')),
        byClaim('never', 10, 2, remove('two')),
        byClaim('put', 10, 2, put('x', { principal: 'ann' }), row(1), remove()),
      ]) {
        expect(await sessions.write('a#1', [write])).toEqual(['done']);
      }
      expect(await sessions.look(print('s'))).toMatchObject({ is: 'ended' });
      expect(await sessions.look(print('never'))).toMatchObject({ is: 'ended' });
      expect(await sessions.look(print('put'))).toEqual({ is: 'unknown' });
      expect([await sessions.count(), await sessions.count('ann')]).toEqual([0, 0]);
      expect(await sessions.read(print('put'))).toBeUndefined();
    });

    it('leaves no tombstone without one, and none beside what begins anew', async () => {
      const a = await node(await open(), 'a#1');
      await born(a, 's');
      await a.sessions.write('a#1', [byClaim('s', 10, 2, remove())]);
      expect(await a.sessions.look(print('s'))).toEqual({ is: 'unknown' });
      await born(a, 't');
      await a.sessions.write('a#1', [byClaim('t', 10, 2, remove('over'))]);
      await a.sessions.write('a#1', [birth('t', 11, put('anew'))]);
      await a.sessions.write('a#1', [byClaim('t', 11, 2, remove())]);
      expect(await a.sessions.look(print('t'))).toEqual({ is: 'unknown' });
    });

    it('before others clears the ground: what comes behind is all there is', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await a.sessions.write('a#1', [birth('s', 10, put('old', { principal: 'ann' }), row(1))]);
      const again = byClaim('s', 10, 5, remove(), put('new', { principal: 'bob' }), row(2));
      expect(await a.sessions.write('a#1', [again])).toEqual(['done']);
      expect(await held(a.sessions, 's')).toEqual({ record: 'new', rows: { 2: 'row 2' } });
      expect([await a.sessions.count('ann'), await a.sessions.count('bob')]).toEqual([0, 1]);
      expect(await a.sessions.look(print('s'))).toMatchObject({ is: 'owned', owner: 'a#1' });
      expect(await a.sessions.release('a#1', owned('s', 10, 6))).toBe('behind');
      expect(await a.sessions.release('a#1', owned('s', 10, 5))).toBe('done');
    });
  });

  describe(`${name}: a write by all`, () => {
    it('looks at no owner, and makes none', async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      await a.sessions.write('a#1', [byAll('s', row(1), put('one'), row(2))]);
      expect(await held(b.sessions, 's')).toEqual({ record: 'one', rows: { 2: 'row 2' } });
      expect(await b.sessions.look(print('s'))).toEqual({ is: 'free' });
      await b.sessions.write('b#1', [byAll('s', put('two'), erase(2))]);
      expect(await held(a.sessions, 's')).toEqual({ record: 'two', rows: {} });
      const token = await taken(a, 's');
      await b.sessions.write('b#1', [byAll('s', put('three'))]);
      expect(await a.sessions.write('a#1', [byClaim('s', token, 1, row(1))])).toEqual(['done']);
      expect(await held(a.sessions, 's')).toEqual({ record: 'three', rows: { 1: 'row 1' } });
      await b.sessions.write('b#1', [byAll('s', remove('over')), byAll('t', remove(), erase(1))]);
      expect(await a.sessions.look(print('s'))).toMatchObject({ is: 'ended' });
    });
  });

  describe(`${name}: spaces`, () => {
    it('know nothing of each other, and share the nodes', async () => {
      const home = await open();
      const { engine, sessions } = await node(home, 'a#1');
      const [handles, others] = [engine.space('handles'), engine.space('principals')];
      await handles.write('a#1', [birth('s', 10, put('handle', { principal: 'ann' }), row(1))]);
      await sessions.write('a#1', [birth('s', 20, put('session', { principal: 'ann' }))]);
      expect(await held(handles, 's')).toEqual({ record: 'handle', rows: { 1: 'row 1' } });
      expect(await held(sessions, 's')).toEqual({ record: 'session', rows: {} });
      expect(await others.look(print('s'))).toEqual({ is: 'unknown' });
      const counts = [sessions, handles, others].map(async (space) => space.count('ann'));
      expect(await Promise.all(counts)).toEqual([1, 1, 0]);
      expect(await sessions.write('a#1', [byClaim('s', 10, 2, put('x'))])).toEqual(['lost']);
      await handles.write('a#1', [byClaim('s', 10, 2, remove('over'))]);
      expect(await sessions.look(print('s'))).toMatchObject({ is: 'owned' });
      expect(await engine.space('handles').look(print('s'))).toMatchObject({ is: 'ended' });
    });
  });
}

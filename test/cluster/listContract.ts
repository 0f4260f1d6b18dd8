import { describe, expect, it } from 'vitest';
import type { Listed, Space } from '../../src/cluster/engine.ts';
import {
  asleep,
  birth,
  byAll,
  byClaim,
  type EngineHome,
  LEASE_MS,
  node,
  owned,
  print,
  put,
  remove,
} from './engineRig.ts';

/** What every engine does with its lists. */
export function listContract(name: string, open: () => Promise<EngineHome>): void {
  describe(`${name}: pages`, () => {
    it('are of all or of one principal, in order, of whatever length', async () => {
      const { sessions } = await node(await open(), 'a#1');
      const all = Array.from({ length: 25 }, (_, n) => ({
        id: `s${n}`,
        expiresAt: [1000 + (n % 7), 0.5, -3, Infinity][n % 4]!,
        principal: ['ann', 'bob', ''][n % 3]!,
      }));
      await sessions.write(
        'a#1',
        all.map(({ id, ...over }) => byAll(id, put(id, over))),
      );
      const order = all.map(({ expiresAt }) => expiresAt).toSorted((a, b) => (a < b ? -1 : 1));
      const expiries = new Map(all.map(({ id, expiresAt }) => [id, expiresAt]));
      for (const limit of [1, 4, 5, 25, 100]) {
        const walked = await walk(sessions, { limit });
        expect(walked.map((id) => expiries.get(id))).toEqual(order);
        expect(new Set(walked).size).toBe(25);
        const ann = await walk(sessions, { principal: 'ann', limit });
        const expected = all.filter(({ principal }) => principal === 'ann').map(({ id }) => id);
        expect(ann.toSorted()).toEqual(expected.toSorted());
      }
      const counts = [undefined, 'ann', 'bob', 'cid', ''].map(async (p) => sessions.count(p));
      expect(await Promise.all(counts)).toEqual([25, 9, 8, 0, 0]);
    });

    it('go on where they ended, when the last one is gone and others came', async () => {
      const { sessions } = await node(await open(), 'a#1');
      const ids = Array.from({ length: 60 }, (_, n) => `s${n}`);
      await sessions.write(
        'a#1',
        ids.map((id) => byAll(id, put(id, { expiresAt: 7, principal: 'ann' }))),
      );
      const seen: string[] = [];
      for (let after: string | undefined, page = 0; ; page++) {
        const { listed, next } = await sessions.page({ principal: 'ann', after, limit: 7 });
        seen.push(...listed.map(({ bytes }) => String(bytes)));
        await sessions.write('a#1', [
          byAll(String(listed.at(-1)!.bytes), remove()),
          byAll(`early${page}`, put('x', { expiresAt: 6, principal: 'ann' })),
        ]);
        if (next === undefined) break;
        after = next;
      }
      expect(seen.toSorted()).toEqual(ids.toSorted());
      const { next } = await sessions.page({ limit: 1 });
      await sessions.write('a#1', [byAll('late', put('late', { expiresAt: 6.5 }))]);
      expect(await walk(sessions, { after: next!, limit: 100 })).toContain('late');
    });

    it('follow a session that moves: to another expiry, to another principal', async () => {
      const { sessions } = await node(await open(), 'a#1');
      await sessions.write('a#1', [
        birth('s', 10, put('s', { expiresAt: 1, principal: 'ann' })),
        birth('t', 10, put('t', { expiresAt: 2, principal: 'ann' })),
      ]);
      await sessions.write('a#1', [
        byClaim('s', 10, 2, put('s', { expiresAt: 3, principal: 'ann' })),
      ]);
      expect(await walk(sessions, { principal: 'ann', limit: 9 })).toEqual(['t', 's']);
      await sessions.write('a#1', [
        byClaim('s', 10, 3, put('s', { expiresAt: 3, principal: 'bob' })),
      ]);
      expect(await walk(sessions, { principal: 'ann', limit: 9 })).toEqual(['t']);
      expect(await walk(sessions, { principal: 'bob', limit: 9 })).toEqual(['s']);
      await sessions.write('a#1', [byClaim('s', 10, 4, put('s', { expiresAt: 3 }))]);
      expect(await walk(sessions, { principal: 'bob', limit: 9 })).toEqual([]);
      expect(await walk(sessions, { limit: 9 })).toEqual(['t', 's']);
    });

    it('of no cursor are empty', async () => {
      const { sessions } = await node(await open(), 'a#1');
      await sessions.write('a#1', [byAll('s', put('s'))]);
      for (const after of ['', ':', 'x', 'NaN:a', `${'\uffff'.repeat(3000)}:1`]) {
        const page = await sessions.page({ after, limit: 9 });
        expect(page).toEqual({ listed: [], next: undefined });
      }
    });

    it("say whose each session is, while the owner's lease lasts", async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      await a.sessions.write('a#1', [birth('s', 10, put('s', { expiresAt: 1 }))]);
      await asleep(a, 'free');
      const owners = async (): Promise<unknown> => {
        const { listed } = await a.sessions.page({ limit: 9 });
        return listed.map(({ owner, bytes }) => [String(bytes), owner]);
      };
      expect(await owners()).toEqual([
        ['s', 'a#1'],
        ['free', undefined],
      ]);
      await home.pass(LEASE_MS);
      expect(await owners()).toEqual([
        ['s', undefined],
        ['free', undefined],
      ]);
    });
  });

  describe(`${name}: what is due`, () => {
    it("has expired and is nobody's or of a dead owner, the oldest first", async () => {
      const home = await open();
      const [a, b] = [await node(home, 'a#1'), await node(home, 'b#1')];
      for (const [id, expiresAt] of [
        ['30', 30],
        ['10', 10],
        ['-5', -5],
        ['0.5', 0.5],
      ] as const) {
        await a.sessions.write('a#1', [birth(id, 10, put(id, { expiresAt }))]);
      }
      await a.sessions.write('a#1', [byAll('Infinity', put('Infinity', { expiresAt: Infinity }))]);
      await a.sessions.release('a#1', owned('10', 10, 1));
      expect(namesOf(await b.sessions.due(30, 9))).toEqual(['10']);
      await home.pass(LEASE_MS);
      expect(namesOf(await b.sessions.due(30, 9))).toEqual(['-5', '0.5', '10', '30']);
      expect(namesOf(await b.sessions.due(29, 9))).toEqual(['-5', '0.5', '10']);
      expect(namesOf(await b.sessions.due(29, 2))).toEqual(['-5', '0.5']);
      expect(await b.sessions.due(-6, 9)).toEqual([]);
      expect(namesOf(await b.sessions.due(1e15, 9))).not.toContain('Infinity');
      for (const { owner } of await b.sessions.due(30, 9)) expect(owner).toBeUndefined();
    });

    it('is found behind any number of sessions whose owners live', async () => {
      const home = await open();
      const a = await node(home, 'a#1');
      const lively = Array.from({ length: 2500 }, (_, n) => `s${n}`);
      await a.sessions.write(
        'a#1',
        lively.map((id, n) => birth(id, 10, put(id, { expiresAt: n }))),
      );
      await a.sessions.write('a#1', [
        byAll('last', put('last', { expiresAt: 9999 })),
        byAll('later', put('later', { expiresAt: 10_000 })),
      ]);
      expect(namesOf(await a.sessions.due(1e6, 1))).toEqual(['last']);
      expect(namesOf(await a.sessions.due(1e6, 9))).toEqual(['last', 'later']);
    });

    it('and lists of large records come whole', async () => {
      const { sessions } = await node(await open(), 'a#1');
      const ids = Array.from({ length: 9 }, (_, n) => `s${n}`);
      const text = 'x'.repeat(2 ** 20);
      for (const [n, id] of ids.entries()) {
        await sessions.write('a#1', [byAll(id, put(text, { expiresAt: n }))]);
      }
      const due = await sessions.due(100, 8);
      expect(due.map((each) => each.print)).toEqual(ids.slice(0, 8).map(print));
      const { listed } = await sessions.page({ limit: 20 });
      expect(listed.map((each) => each.print)).toEqual(ids.map(print));
    });
  });
}

/** The names of sessions whose records are their names. */
function namesOf(listed: readonly Listed[]): string[] {
  for (const { print: found, bytes } of listed) expect(found).toBe(print(String(bytes)));
  return listed.map(({ bytes }) => String(bytes));
}

async function walk(
  space: Space,
  query: { principal?: string; after?: string; limit: number },
): Promise<string[]> {
  const all: string[] = [];
  for (let { after } = query; ;) {
    const { listed, next } = await space.page({ ...query, after });
    expect(listed.length).toBeLessThanOrEqual(query.limit);
    all.push(...listed.map(({ bytes }) => String(bytes)));
    if (next === undefined) return all;
    after = next;
  }
}

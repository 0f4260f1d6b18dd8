import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { Ranking } from '../../src/base/ranking.ts';

interface Item {
  readonly name: number;
  score: number;
}

const deed = fc.record({
  what: fc.constantFrom('put', 'put', 'delete'),
  name: fc.nat(12),
  score: fc.nat(5),
});

it('Ranking.first is the greatest of what is in it, after any changes', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 80 }), (deeds) => {
      const ranking = new Ranking<Item>((a, b) => a.score > b.score);
      const items = Array.from({ length: 13 }, (_, name): Item => ({ name, score: 0 }));
      const inside = new Set<Item>();
      for (const { what, name, score } of deeds) {
        const item = items[name]!;
        if (what === 'put') {
          item.score = score;
          inside.add(item);
          ranking.put(item);
        } else {
          inside.delete(item);
          ranking.delete(item);
        }
        const first = ranking.first();
        const scores = Array.from(inside, (each) => each.score);
        expect(first === undefined || inside.has(first)).toBe(true);
        expect(first?.score).toBe(scores.length === 0 ? undefined : Math.max(...scores));
      }
    }),
    { numRuns: 500 },
  );
});

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { ShardedMap } from '../../src/store/shardedMap.ts';
import { seeded } from '../support/seeded.ts';

const names = fc.oneof(fc.nat(300).map(String), fc.string({ unit: 'binary', maxLength: 60 }));
const steps = fc.array(fc.tuple(fc.constantFrom('set', 'delete'), names), { maxLength: 400 });

it('ShardedMap does what a Map does', async () => {
  const property = fc.asyncProperty(steps, async (all) => {
    const [sharded, plain] = [new ShardedMap<number>(), new Map<string, number>()];
    for (const [i, [what, name]] of all.entries()) {
      for (const map of [sharded, plain]) {
        if (what === 'set') map.set(name, i);
        else map.delete(name);
      }
      expect([sharded.size, sharded.get(name)]).toEqual([plain.size, plain.get(name)]);
    }
    for (const [name, value] of plain) expect(sharded.get(name)).toBe(value);
    sharded.clear();
    expect(sharded.size).toBe(0);
    for (const name of plain.keys()) expect(sharded.get(name)).toBeUndefined();
  });
  await seeded(property, 200);
});

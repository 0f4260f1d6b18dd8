import { describe, expect, it } from 'vitest';
import { HomeIds } from '../../src/modern/homeIds.ts';

describe('HomeIds', () => {
  it('gives each scope, principal and name an id of its own, and the same one again', () => {
    const texts = [undefined, '', 'undefined', 'a', 'ab', 'b', ' ', '1 1 ab'];
    const ids = new HomeIds();
    const all = (from: HomeIds): string[] =>
      (['principal', 'shared', 'function'] as const).flatMap((scope) =>
        texts.flatMap((principal) => texts.map((name) => from.of(scope, principal, name))),
      );
    const first = all(ids);
    expect(new Set(first).size).toBe(first.length);
    expect(all(ids)).toEqual(first);
    // Another process makes the same: a store is asked for them.
    expect(all(new HomeIds())).toEqual(first);
  });

  it('remembers no more than there is room for, and forgets no id by that', () => {
    const ids = new HomeIds();
    const first = ids.of('principal', 'first', undefined);
    for (let i = 0; i < 5000; i++) ids.of('principal', `p${i}`, undefined);
    expect(ids.of('principal', 'first', undefined)).toBe(first);
  });
});

import { describe, expect, it } from 'vitest';
import { Claim, Claims } from '../../src/cluster/claims.ts';
import type { SpaceName } from '../../src/cluster/engine.ts';

function claimOf(id: string, space?: SpaceName, token = 1): Claim {
  return new Claim({ space, id, print: `p-${id}`, token, revision: 0, isBorn: true });
}

function ids(claims: Iterable<Claim>): string[] {
  return [...claims].map(({ id, space }) => `${space ?? ''}${id}`);
}

describe('Claims', () => {
  it('find a claim by space and id', () => {
    const claims = new Claims();
    const [session, task] = [claimOf('a'), claimOf('a', 'tasks')];
    expect([claims.add(session), claims.add(task), claims.size]).toEqual([undefined, undefined, 2]);
    expect(claims.find(undefined, 'a')).toBe(session);
    expect(claims.find('tasks', 'a')).toBe(task);
    expect([claims.find('tasks', 'b'), claims.find(undefined, 'b')]).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('have one claim of an id: the one before is lost', () => {
    const claims = new Claims();
    const [first, second] = [claimOf('a'), claimOf('a', undefined, 2)];
    claims.add(first);
    expect(claims.add(second)).toBe(first);
    expect([first.isLost, second.isLost, claims.size]).toEqual([true, false, 1]);
    expect(claims.add(second)).toBeUndefined();
    expect([second.isLost, claims.size]).toEqual([false, 1]);
  });

  it('take out by identity, never by id', () => {
    const claims = new Claims();
    const [first, second] = [claimOf('a'), claimOf('a')];
    claims.add(first);
    claims.add(second);
    expect([claims.remove(first), claims.has(first), claims.has(second)]).toEqual([
      false,
      false,
      true,
    ]);
    expect([claims.remove(second), claims.remove(second), claims.size]).toEqual([true, false, 0]);
    expect([claims.find(undefined, 'a'), [...claims]]).toEqual([undefined, []]);
  });

  it('give those in use first', () => {
    const claims = new Claims();
    for (const id of ['a', 'b', 'c', 'd']) claims.add(claimOf(id));
    claims.add(claimOf('b', 'tasks'));
    expect(ids(claims)).toEqual(['a', 'b', 'c', 'd', 'tasksb']);
    expect(ids(claims.inUseFirst(({ id }) => id === 'b' || id === 'd'))).toEqual([
      'b',
      'd',
      'tasksb',
      'a',
      'c',
    ]);
  });
});

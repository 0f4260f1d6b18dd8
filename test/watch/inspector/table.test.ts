import { describe, expect, it } from 'vitest';
import type { SessionView } from 'mcp-actors';
import { Table } from '../../../src/watch/inspector/table.ts';

function view(key: string, fields: Partial<SessionView> = {}): SessionView {
  return {
    node: undefined,
    id: `secret-${key}`,
    key,
    principal: 'anonymous',
    state: 'active',
    startedAt: 1,
    protocolVersion: undefined,
    era: 'legacy',
    scope: undefined,
    client: undefined,
    epoch: 1,
    isConfirmed: true,
    isAttached: false,
    pinned: undefined,
    reason: undefined,
    deadline: undefined,
    requests: [],
    inFlight: 0,
    waiting: 0,
    questions: 0,
    streams: 0,
    owned: 0,
    ...fields,
  };
}

/** A sweep that meets these. @returns those it would give up */
function sweep(table: Table, ...keys: string[]): string[] {
  table.beginSweep();
  for (const key of keys) table.meet(view(key));
  return table.endSweep().map((row) => row.key);
}

const keys = (table: Table): string[] => Array.from(table.rows(), (row) => row.key);
const ended = { type: 'ended', at: 9, reason: 'expired', ageMs: 8 } as const;

describe('Table', () => {
  it('gives nobody up whom one sweep has passed over', () => {
    const table = new Table(10, 10);
    expect(sweep(table, 'a', 'b')).toEqual([]);
    expect(sweep(table, 'a')).toEqual([]);
    expect(sweep(table, 'a', 'b')).toEqual([]);
    expect(sweep(table, 'a')).toEqual([]);
    expect(sweep(table, 'a')).toEqual(['b']);
    table.drop('b');
    expect(keys(table)).toEqual(['a']);
    expect(table.takeChanges(10).gone).toEqual(['b']);
  });

  it('takes a word of a session for a sign of life', () => {
    const table = new Table(10, 10);
    sweep(table, 'a');
    for (let i = 0; i < 3; i++) {
      table.beginSweep();
      table.note({ type: 'slept', at: 1, session: 'a' });
      expect(table.endSweep()).toEqual([]);
    }
  });

  it('tells what changed once, so many rows at a time', () => {
    const table = new Table(10, 10);
    sweep(table, 'a', 'b', 'c');
    expect(table.takeChanges(2).rows).toHaveLength(2);
    expect(table.takeChanges(2).rows).toHaveLength(1);
    sweep(table, 'a', 'b', 'c');
    expect(table.takeChanges(2).rows).toEqual([]);
    table.meet(view('b', { inFlight: 1 }));
    expect(table.takeChanges(2).rows).toMatchObject([{ key: 'b', inFlight: 1 }]);
  });

  it('holds no more than it may, of those that live and of those that ended', () => {
    const table = new Table(3, 2);
    sweep(table, 'a', 'b', 'c', 'd', 'e');
    expect(keys(table)).toEqual(['a', 'b', 'c']);
    for (const session of ['a', 'b', 'c']) table.note({ ...ended, session });
    expect(keys(table)).toEqual(['b', 'c']);
    expect(table.takeChanges(10).gone).toEqual(['a']);
  });

  it('U24: says of a session that is kept that it is, and not that it ended', () => {
    const table = new Table(3, 2);
    sweep(table, 'a');
    table.note({ type: 'kept', at: 9, session: 'a', ageMs: 8, client: 'zed 1' });
    expect([...table.rows()]).toMatchObject([
      { key: 'a', reason: 'kept', endedAt: 9, client: 'zed 1' },
    ]);
  });

  it('makes no row of a dead letter, nor of the end of somebody it never knew', () => {
    const table = new Table(3, 2);
    const letter = {
      direction: 'in',
      kind: 'request',
      reason: 'closed',
      method: undefined,
    } as const;
    table.note({ type: 'deadletter', at: 1, session: 'a', ...letter });
    table.note({ ...ended, session: 'b' });
    expect(keys(table)).toEqual([]);
  });

  it('knows nothing of wire ids', () => {
    const table = new Table(3, 2);
    sweep(table, 'a');
    expect(JSON.stringify([...table.rows()])).not.toContain('secret');
  });
});

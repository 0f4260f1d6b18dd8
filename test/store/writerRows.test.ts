import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { kept, numbersOf, outcome, rig, row } from './writerRig.ts';

describe("Writer, of a session's rows", () => {
  it('keeps no row that was erased before a write took it, however many there are', async () => {
    const { deadlines, store, writer, written } = rig();
    const a = kept('a');
    void outcome(writer.put(a));
    await turn();
    // The store takes its time; meanwhile the session says much, and keeps what it said last.
    const rows = Array.from({ length: 50_000 }, (_, n) => row(n));
    for (const each of rows) {
      writer.row(a, each);
      if (each.n >= 3) writer.erase(a, rows[each.n - 3]!);
    }
    // Nobody waits for a row: no deadline but that of the first write.
    expect(deadlines.size).toBe(1);
    await written(0);
    expect(numbersOf(store.asked[1])).toEqual([49_997, 49_998, 49_999].map((n) => [n, `row ${n}`]));
  });

  it('erases a row that a write has taken, also while that write is under way', async () => {
    const { store, writer, written } = rig();
    const a = kept('a');
    const [first, second] = [row(1), row(2)];
    writer.row(a, first);
    await turn();
    writer.row(a, second);
    writer.erase(a, first);
    writer.erase(a, second);
    await written(0);
    expect(store.asked.map(numbersOf)).toEqual([[[1, 'row 1']], [[1, undefined]]]);
  });

  it('stores a row as it is when a write takes it', async () => {
    const { store, writer } = rig();
    let text = 'early';
    writer.row(kept('a'), { n: 1, isTaken: false, text: () => text });
    text = 'late';
    await turn();
    expect(numbersOf(store.asked[0])).toEqual([[1, 'late']]);
  });

  it('stored: waits for the rows given so far, and tells when they were refused', async () => {
    const { writer, written } = rig();
    const a = kept('a');
    writer.row(a, row(1));
    const first = outcome(writer.stored('a'));
    await turn();
    writer.row(a, row(2));
    writer.row(a, row(3));
    const second = outcome(writer.stored('a'));
    await written(0);
    expect(await first).toBe('stored');
    await written(1, new Error('no'));
    expect(await second).toBe('failed');
    expect(writer.isBusy('a')).toBe(true);
  });

  it('tries rows that were refused again, by themselves and as they are then', async () => {
    const { clock, store, writer, written } = rig();
    const a = kept('a');
    const rows = [1, 2, 3, 4].map(row);
    for (const each of rows) writer.row(a, each);
    void outcome(writer.put(a));
    await turn();
    // Told while the write is under way: newer than what the write has.
    writer.row(a, { ...rows[1]!, text: () => 'newer' });
    await written(0, new Error('no'));
    // No store has it, so nothing is left to be erased.
    writer.erase(a, rows[2]!);
    await written(1);
    expect(numbersOf(store.asked[1])).toEqual([[2, 'newer']]);
    void outcome(writer.put(a));
    await turn();
    await written(2);
    expect(numbersOf(store.asked[2])).toEqual(['put']);
    clock.advance(500);
    await turn();
    expect(numbersOf(store.asked[3])).toEqual([
      [1, 'row 1'],
      [4, 'row 4'],
    ]);
    await written(3);
    expect([writer.isBusy('a'), store.asked.length]).toEqual([false, 4]);
  });

  it.each([
    ['remove', ['remove']],
    ['cancel', undefined],
  ] as const)('%s: rows that were refused are over with their session', async (how, asked) => {
    const { clock, store, writer, written } = rig();
    const a = kept('a');
    writer.row(a, row(1));
    await turn();
    await written(0, new Error('no'));
    if (how === 'remove') void outcome(writer.remove(a));
    else writer.cancel('a');
    await turn();
    if (asked !== undefined) await written(1);
    clock.advance(500);
    await turn();
    expect(store.asked[1] && numbersOf(store.asked[1])).toEqual(asked);
    expect([writer.isBusy('a'), store.asked.length]).toEqual([false, asked === undefined ? 1 : 2]);
  });

  it('a row that is refused while its session ends is not tried again', async () => {
    const { clock, store, writer, written } = rig();
    writer.row(kept('a'), row(1));
    await turn();
    void outcome(writer.remove(kept('a')));
    await written(0, new Error('no'));
    await written(1);
    clock.advance(500);
    await turn();
    expect(store.asked.map(numbersOf)).toEqual([[[1, 'row 1']], ['remove']]);
    expect(writer.isBusy('a')).toBe(false);
  });

  it('a row that was refused and then erased leaves nothing to try again', async () => {
    const { writer, written } = rig();
    const [a, first] = [kept('a'), row(1)];
    writer.row(a, first);
    await turn();
    await written(0, new Error('no'));
    writer.erase(a, first);
    await turn();
    expect(writer.isBusy('a')).toBe(false);
  });

  it('close: rows that were refused are tried once more', async () => {
    const { store, writer, written } = rig();
    writer.row(kept('a'), row(1));
    await turn();
    await written(0, new Error('no'));
    const closed = writer.close();
    await turn();
    await written(1);
    await closed;
    expect(store.asked.map((each) => numbersOf(each))).toEqual([[[1, 'row 1']], [[1, 'row 1']]]);
  });
});

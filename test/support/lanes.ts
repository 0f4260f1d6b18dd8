import type { SessionStore, StoreChange } from '../../src/store/store.ts';
import { sessionRecord } from './sessionRecord.ts';

/** Who writes at once, each one write after the other: a process that is killed leaves some of it. */
export const LANES = ['w', 'x', 'y', 'z'];

/** A state that shows which write it is of, and whether it is whole; some need many pages. */
function stateOf(epoch: number): string {
  return `${epoch},`.repeat(1 + ((epoch * 37) % 4000));
}

/** Two records, and a row in the place of another: all of it one write. */
export function changesOf(lane: string, epoch: number): StoreChange[] {
  const put = (id: string): StoreChange => ({
    type: 'put',
    record: sessionRecord({
      id,
      epoch,
      principal: lane,
      expiresAt: 1000 + ((epoch * 7919) % 100),
      state: stateOf(epoch),
    }),
  });
  return [
    put(`${lane}1`),
    put(`${lane}2`),
    { type: 'row', id: `${lane}1`, n: epoch, row: stateOf(epoch) },
    { type: 'row', id: `${lane}1`, n: epoch - 1, row: undefined },
  ];
}

/** What is in a lane, as one text: a number where all of it is of one write. */
export async function laneOf(store: SessionStore, lane: string): Promise<string> {
  const [one, two] = [await store.get(`${lane}1`), await store.get(`${lane}2`)];
  const rows = [...(await store.rows(`${lane}1`)), ...(await store.rows(`${lane}2`))];
  const listed = (await store.page({ principal: lane, limit: 9 })).records.length;
  if (one === undefined && two === undefined && rows.length === 0 && listed === 0) return '0';
  const epoch = one?.epoch ?? NaN;
  const state = stateOf(epoch);
  const isWhole =
    two?.epoch === epoch &&
    one?.state === state &&
    two.state === state &&
    rows.length === 1 &&
    rows[0]?.n === epoch &&
    rows[0].row === state &&
    listed === 2;
  if (isWhole) return `${epoch}`;
  return `torn: ${JSON.stringify([one?.epoch, two?.epoch, rows.map(({ n }) => n), listed])}`;
}

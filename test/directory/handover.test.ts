import { expect, it } from 'vitest';
import { Handover } from '../../src/directory/handover.ts';
import { ALONE } from '../../src/directory/ownership.ts';
import { turn } from '../support/eventually.ts';

it('Handover.handOver releases a session when all that was said of it is stored', async () => {
  const log: string[] = [];
  const release = async (): Promise<boolean> => {
    log.push('released');
    return true;
  };
  const host = { left: () => {}, lose: () => {} };
  const handover = new Handover({ ...ALONE, isShared: true, release }, host);
  let store!: () => void;
  const stored = new Promise<void>((resolve) => (store = resolve));
  handover.handOver('s', { id: 's', isLost: false, usedHere: () => {} }, stored);
  await turn();
  expect([log, handover.leaving('s') === undefined]).toEqual([[], false]);
  store();
  await handover.settled();
  expect([log, handover.leaving('s')]).toEqual([['released'], undefined]);
});

import { expect, it } from 'vitest';
import { memoryEngine } from '../../src/cluster/memoryEngine.ts';
import { rejected } from '../support/rejected.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import {
  ABOUT,
  birth,
  byClaim,
  held,
  LEASE_MS,
  owned,
  print,
  put,
  remove,
  row,
} from './engineRig.ts';
import { FaultyEngine } from './faultyEngine.ts';

const unavailable = { code: 'store-unavailable' };

function faulty() {
  const clock = new VirtualClock();
  const engine = new FaultyEngine(memoryEngine({ clock }).connect());
  return { clock, engine, sessions: engine.space(undefined) };
}

it('every call of an engine can be made again when its answer was lost', async () => {
  const { engine, sessions } = faulty();
  const twice = async <T>(ask: () => Promise<T>): Promise<T> => {
    engine.loseAnswers(1);
    expect(await rejected(ask())).toMatchObject(unavailable);
    return ask();
  };
  expect(await twice(() => engine.join('a#1', LEASE_MS, ABOUT))).toMatchObject({ isKept: true });
  expect(await twice(() => engine.renew('a#1', LEASE_MS, ABOUT))).toMatchObject({ isKept: true });
  const begins = birth('s', 10, put('s'), row(1));
  expect(await twice(() => sessions.write('a#1', [begins]))).toEqual(['done']);
  const goesOn = byClaim('s', 10, 2, put('two'), row(2));
  expect(await twice(() => sessions.write('a#1', [goesOn]))).toEqual(['done']);
  expect(await twice(() => sessions.release('a#1', owned('s', 10, 2)))).toBe('done');
  expect(await twice(() => sessions.reassert('a#1', [owned('s', 10, 2)]))).toEqual(['ours']);
  const claim = await twice(() => sessions.claim(print('s'), 'a#1', 0));
  if (claim.is !== 'ours') throw new Error(claim.is);
  expect(await held(sessions, 's')).toEqual({ record: 'two', rows: { 1: 'row 1', 2: 'row 2' } });
  const ends = byClaim('s', claim.token, 3, remove('over'));
  expect(await twice(() => sessions.write('a#1', [ends]))).toEqual(['done']);
  await twice(() => engine.leave('a#1'));
  expect(await engine.leftMs('a#1')).toBe(0);
});

it('FaultyEngine answers nobody while it is broken, and tells when it is mended', async () => {
  const { engine, sessions } = faulty();
  let told = 0;
  engine.onReconnect(() => void told++);
  await engine.join('a#1', LEASE_MS, ABOUT);
  const waiting = rejected(sessions.write('a#1', [birth('s', 10)]));
  engine.break();
  expect(await waiting).toMatchObject(unavailable);
  expect(await rejected(sessions.count())).toMatchObject(unavailable);
  expect(await rejected(engine.members())).toMatchObject(unavailable);
  expect(told).toBe(0);
  engine.mend();
  expect(told).toBe(1);
  // What was under way was done.
  expect(await sessions.count()).toBe(1);
  expect(await engine.leftMs('a#1')).toBe(LEASE_MS);
});

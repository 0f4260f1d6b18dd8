import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';
import type { Program } from '../support/program.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { connect, each, Worker } from './callers.ts';
import { Witness } from './witness.ts';

const CLIENTS = 100;

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/chattyChild.ts', import.meta.url));
});
afterAll(() => program.remove());

describe('a hundred clients of the SDK, of a server that never falls silent', () => {
  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'R1, R3: ended by %s: no id names two events, cut calls are told once, GET streams come back',
    async (signal) => {
      const folder = storeFolder().path;
      const first = program.start([folder]);
      const url = await first.url();
      const witnesses = Array.from({ length: CLIENTS }, (_, n) => new Witness(`client ${n}`));
      const callers = await connect(url, CLIENTS, (n) => witnesses[n]!.fetch);
      const workers = callers.map((caller) => new Worker(caller, 'count'));
      const working = workers.map((worker) => worker.work());
      const ends = callers.map(() => [] as string[]);
      callers.forEach((caller, n) => {
        caller.call('wait').then(
          (text) => ends[n]!.push(`answered ${text}`),
          (error: unknown) => ends[n]!.push(String(error)),
        );
      });
      await each(workers, ({ said }) => said >= 2);
      await each(witnesses, ({ onGet, onCalls }) => onGet.length > 1 && onCalls.length > 1);

      if (signal === 'SIGKILL') await sayWhatIsNotStored(url, witnesses);
      first.process.kill(signal);
      expect(await first.ended).toBe(signal);
      const second = program.start([folder, new URL(url).port]);
      await second.url();

      const before = workers.map(({ said }) => said);
      await each(workers, ({ said }, n) => said > before[n]!);
      await each(witnesses, ({ onGet }) => onGet.some(isOf(second)));
      await expect.poll(() => ends.filter(({ length }) => length === 0).length, WAIT).toBe(0);
      for (const worker of workers) worker.isStopped = true;
      await Promise.all(working);

      expect(workers.flatMap(({ troubles }) => troubles)).toEqual([]);
      expect(witnesses.flatMap(({ twice }) => twice)).toEqual([]);
      // Each has one such call in flight: it is told at most once, and not at all before it is a stream.
      for (const { cut } of workers) expect(cut).toBeLessThanOrEqual(1);
      for (const end of ends) expect(end).toEqual([expect.stringMatching(/Server restarted/)]);
      expect(callers.map((caller) => caller.sessionId())).toEqual(workers.map(({ id }) => id));
      // Nothing was said twice, by whichever process.
      for (const { answered, onGet, onCalls } of witnesses) {
        for (const said of [answered, onGet, onCalls]) expect(new Set(said).size).toBe(said.length);
      }
      await Promise.all(callers.map((caller) => caller.close()));
    },
  );
});

const WAIT = { interval: 100 };

/** Whether a word is of a process. */
function isOf({ pid }: Program): (word: string) => boolean {
  return (word) => word.startsWith(`${pid} `);
}

/** From here on nothing is stored; each client hears more, on both of its streams. */
async function sayWhatIsNotStored(url: string, witnesses: readonly Witness[]): Promise<void> {
  await fetch(new URL('/hang', url));
  const before = witnesses.map(({ onGet, onCalls }) => [onGet.length, onCalls.length] as const);
  await each(
    witnesses,
    ({ onGet, onCalls }, n) =>
      onGet.length > before[n]![0] + 1 && onCalls.length > before[n]![1] + 1,
  );
}

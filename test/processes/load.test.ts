import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Tally } from '../clusterDemo/tally.ts';
import { Visitor } from '../clusterDemo/visitor.ts';
import { Random } from '../simulation/random.ts';
import { BundledChild } from '../support/bundledChild.ts';
import { comesTrue, runs } from '../support/processes.ts';
import { ProcessesOfTest } from './rig.ts';

let child: BundledChild;
beforeAll(async () => {
  child = await BundledChild.of(new URL('program.ts', import.meta.url));
});
afterAll(() => child.remove());

const VISITORS = 12;

/** Clients of both SDKs, which visit until something was done, and are all served after that. */
async function visited(doing: (all: ProcessesOfTest, tally: Tally) => Promise<void>) {
  const all = await ProcessesOfTest.start(child, '2', '20000', '20000');
  const tally = new Tally();
  const notes: string[] = [];
  const visitors = Array.from({ length: VISITORS }, (_, n) => {
    const random = new Random(n + 1);
    return new Visitor(n, {
      url: all.url,
      tally,
      random: () => random.next(),
      // A stream that its client has left, or that is resumed, is no call.
      note: (text) => void (text.includes(' GET') || notes.push(text)),
      patienceMs: 30_000,
      pauseMs: 20,
      restMs: 500,
    });
  });
  const visiting = visitors.map((visitor) => visitor.visit());
  // Everybody is at work.
  await comesTrue(() => tally.right > 10 * VISITORS);
  await doing(all, tally);
  for (const visitor of visitors) visitor.stop();
  await Promise.all(visiting);
  const served = await Promise.all(
    visitors.map(async (visitor) => (await visitor.step()) || (await visitor.step())),
  );
  await Promise.all(visitors.map((visitor) => visitor.leave()));
  return { all, tally, notes, served };
}

/** What no fault may bring about. */
function wrongs(tally: Tally) {
  const { foreign, lostUpdates, doubled, remarks } = tally;
  const lost = tally.count('session lost');
  const [hung, other] = [tally.count('no end'), tally.count('other')];
  return { foreign, lostUpdates, doubled, remarks, lost, hung, other };
}
const NOTHING = {
  foreign: 0,
  lostUpdates: 0,
  doubled: 0,
  remarks: [],
  lost: 0,
  hung: 0,
  other: 0,
};

describe('processes under load', () => {
  it('are killed by kill -9, one after the other: no session is lost, and nothing runs twice', async () => {
    const { all, tally, served } = await visited(async (processes, seen) => {
      for (let kills = 0; kills < 4; kills++) {
        const { pid } = processes.running[kills % 2]!;
        process.kill(pid, 'SIGKILL');
        await comesTrue(() => !runs(pid) && processes.running.length === 2);
        const { right } = seen;
        await comesTrue(() => seen.right > right + 5 * VISITORS);
      }
    });
    expect(wrongs(tally)).toEqual(NOTHING);
    expect(served).toEqual(Array.from({ length: VISITORS }, () => true));
    expect(all.told).toHaveLength(6);
  });

  it('are replaced on SIGHUP: no call fails, but where an idle connection ended under its request', async () => {
    const { all, notes, tally, served } = await visited(async (processes) => {
      for (const round of [1, 2]) {
        const before = processes.running.map(({ pid }) => pid);
        processes.program.process.kill('SIGHUP');
        await comesTrue(() => !before.some(runs));
        expect(processes.told).toHaveLength(2 + 2 * round);
      }
    });
    expect(wrongs(tally)).toEqual(NOTHING);
    expect([tally.failed - tally.count('own connection'), notes]).toEqual([0, expect.anything()]);
    expect(served).toEqual(Array.from({ length: VISITORS }, () => true));
    expect(all.program.stderr).toBe('');
  });
});

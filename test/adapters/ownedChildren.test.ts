import { expect, it, onTestFinished } from 'vitest';
import { comesTrue, runs } from '../support/processes.ts';
import { Program } from '../support/program.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';

/** What everything must be gone within. */
const WITHIN_MS = 5000;

/** A server whose one session owns two children, one of which has started another. */
async function start(...modes: string[]) {
  const program = new Program('test/support/signalledServer.ts', ['children', ...modes]);
  const [, url = ''] = await program.says(/first at (\S+)/);
  const client = sdkV1();
  await connect(client, url);
  await program.says(/owns \d+\n[^]*owns \d+ \d+\n|owns \d+ \d+\n[^]*owns \d+\n/);
  const owned = Array.from(program.stdout.matchAll(/owns ([\d ]+)\n/g));
  const pids = owned.flatMap(([, numbers = '']) => numbers.split(' ').map(Number));
  onTestFinished(() => {
    for (const pid of pids.filter(runs)) process.kill(pid, 'SIGKILL');
  });
  expect([pids.length, pids.filter((pid) => !runs(pid))]).toEqual([3, []]);
  return { program, client, pids };
}

// U11
it.each(['SIGKILL', 'SIGTERM'] as const)(
  '%s of a process leaves nothing that its sessions own, nor the reaper',
  async (signal) => {
    const { program, pids } = await start();
    const all = [...pids, ...program.children];
    program.process.kill(signal);
    expect(await program.ended).toBe(signal);
    await comesTrue(() => !all.some(runs), WITHIN_MS);
    expect(all.filter(runs)).toEqual([]);
  },
);

it('a second signal does not wait, and leaves nothing behind either', async () => {
  const { program, client, pids } = await start();
  const call = callText(client, 'hang').catch(() => 'cut');
  await program.says(/first works/);
  await comesTrue(() => !program.process.kill('SIGTERM'));
  expect([await program.ended, await call]).toEqual(['SIGTERM', 'cut']);
  await comesTrue(() => !pids.some(runs), WITHIN_MS);
  expect(pids.filter(runs)).toEqual([]);
});

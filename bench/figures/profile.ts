import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Launch, ServerChild } from '../child/server.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Count } from '../load/driver.ts';
import { visitorsOf } from '../load/visitors.ts';
import type { Options } from '../options.ts';
import { allocationFrames, cpuFrames, type Frame } from '../profile/frames.ts';

export const loads = ['calls', 'churn'] as const;
export type Load = (typeof loads)[number];

export interface Profile {
  readonly contender: ContenderName;
  readonly load: Load;
  readonly cpu: readonly Frame[];
  readonly allocations: readonly Frame[];
  /** How many calls, or sessions opened and closed, the CPU profile saw. */
  readonly cpuCount: number;
  readonly allocationCount: number;
}

const CPU_INTERVAL_MICROS = 250;
const ALLOCATION_INTERVAL_BYTES = 8192;

const read = (file: string): never => JSON.parse(readFileSync(file, 'utf8')) as never;

/** Figure 4: where the CPU of a call goes, and who allocates, under the load of another figure. */
export async function profile(
  options: Options,
  launch: Launch,
  contender: ContenderName,
  load: Load,
): Promise<Profile> {
  const dir = mkdtempSync(join(tmpdir(), 'mcp-actors-bench-'));
  try {
    await using server = await ServerChild.start(contender, launch);
    const cpuFile = join(dir, 'cpu.json');
    const allocationFile = join(dir, 'allocations.json');
    const visitors = visitorsOf(server);
    const counts = await visitors.visit(options.connections, async (visit) => {
      if (load === 'calls') await visit.open(options.sessions);
      const work = (seconds: number): Promise<Count> =>
        load === 'calls' ? visit.callFor(seconds * 1000) : visit.churnFor(seconds * 1000);
      await work(options.warmupSeconds);
      await server.ask('profile.start', CPU_INTERVAL_MICROS);
      const cpu = await work(options.seconds * 2);
      await server.ask('profile.stop', cpuFile);

      await server.ask('allocations.start', ALLOCATION_INTERVAL_BYTES);
      const allocations = await work(options.seconds);
      await server.ask('allocations.stop', allocationFile);
      return { cpuCount: cpu.count, allocationCount: allocations.count };
    });
    visitors.leave();
    return {
      contender,
      load,
      cpu: cpuFrames(read(cpuFile)),
      allocations: allocationFrames(read(allocationFile)),
      ...counts,
    };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

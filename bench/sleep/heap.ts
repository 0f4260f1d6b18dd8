import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ChildLine } from '../child/line.ts';
import { growth, type Kind, summary } from '../profile/snapshot.ts';
import type { SleepQuestions } from './child/questions.ts';

/** What sessions that sleep in memory consist of, by kind of object. */
export async function heap(entry: string, sessions: number): Promise<Kind[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mcp-actors-bench-'));
  try {
    await using line = await ChildLine.start<SleepQuestions>('heap', [entry, `${sessions * 2}`]);
    const snapshot = async (name: string): Promise<Map<string, Kind>> => {
      const file = join(dir, name);
      await line.ask('snapshot', file);
      return summary(JSON.parse(readFileSync(file, 'utf8')) as never);
    };
    await line.ask('fill', sessions);
    const before = await snapshot('before.heapsnapshot');
    await line.ask('fill', sessions);
    return growth(before, await snapshot('after.heapsnapshot'), sessions);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

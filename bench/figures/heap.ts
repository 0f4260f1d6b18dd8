import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Launch, ServerChild } from '../child/server.ts';
import type { ContenderName } from '../contenders/index.ts';
import { visitorsOf } from '../load/visitors.ts';
import type { Options } from '../options.ts';
import { growth, summary, type Kind } from '../profile/snapshot.ts';
import { fill } from './memory.ts';

// A snapshot is one JSON document; more sessions would only make the same picture larger.
const MAX_SESSIONS = 1000;

/** What idle sessions consist of: the heap after them minus the heap before, by kind of object. */
export async function heap(
  { idleSessions }: Options,
  launch: Launch,
  contender: ContenderName,
): Promise<Kind[]> {
  const dir = mkdtempSync(join(tmpdir(), 'mcp-actors-bench-'));
  const count = Math.min(idleSessions, MAX_SESSIONS);
  try {
    await using server = await ServerChild.start(contender, launch);
    const visitors = visitorsOf(server);
    const snapshot = async (name: string): Promise<Map<string, Kind>> => {
      const file = join(dir, name);
      await server.ask('snapshot', file);
      return summary(JSON.parse(readFileSync(file, 'utf8')) as never);
    };
    await fill(server, visitors, count);
    const before = await snapshot('before.heapsnapshot');
    await fill(server, visitors, count);
    return growth(before, await snapshot('after.heapsnapshot'), count);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

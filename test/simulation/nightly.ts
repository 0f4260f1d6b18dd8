import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { simulate } from './runs.ts';

/**
 * Plays a million histories, on every core, and goes on where it was ended: the file it keeps names
 * the seed to begin with, and every seed that failed.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1000000' },
    histories: { type: 'string', default: '1000000' },
    steps: { type: 'string', default: '120' },
    workers: { type: 'string', default: String(availableParallelism()) },
    state: { type: 'string', default: 'sim-nightly.json' },
  },
});

interface State {
  next: number;
  readonly end: number;
  readonly failed: string[];
}

/** Histories of one process: enough that its start costs nothing. */
const PART = 1000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const state = stateOf();
const began = Date.now();
const first = state.next;
let claimed = first;
const underWay = new Set<number>();

await Promise.all(Array.from({ length: Number(values.workers) }, work));
print(`${state.failed.length} failed`);
for (const each of state.failed) print(each);
process.exitCode = state.failed.length > 0 ? 1 : 0;

async function work(): Promise<void> {
  while (claimed < state.end) {
    const from = claimed;
    const count = Math.min(PART, state.end - from);
    claimed += count;
    underWay.add(from);
    const { steps } = values;
    const { printed, holds } = await simulate({ seed: from, histories: count, steps });
    underWay.delete(from);
    if (!holds) state.failed.push(...(printed.match(/^seed \d+ failed.*$/gm) ?? [printed]));
    // Whatever is under way is played again, should this be ended now.
    state.next = Math.min(claimed, ...underWay);
    writeFileSync(values.state, JSON.stringify(state));
    const done = state.next - first;
    const left = (((Date.now() - began) / done) * (state.end - state.next)) / 60_000;
    print(
      `${state.next} of ${state.end}, ${state.failed.length} failed, ${left.toFixed(0)} min left`,
    );
  }
}

function stateOf(): State {
  if (existsSync(values.state)) return JSON.parse(readFileSync(values.state, 'utf8')) as State;
  const next = Number(values.seed);
  return { next, end: next + Number(values.histories), failed: [] };
}

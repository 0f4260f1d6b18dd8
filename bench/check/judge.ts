import type { SavedRounds, SavedRun } from '../report/saved.ts';
import { ratio, spread } from '../stats.ts';
import { boundOf, type Budget, type Row } from './budget.ts';

/** What the runs say of one row on one Node.js. */
export interface Verdict {
  readonly row: Row;
  readonly major: number;
  readonly bound: number;
  /** `undefined`: no run has measured it. */
  readonly measured: number | undefined;
  readonly holds: boolean;
}

/** Judges every row of a budget on every Node.js that it asks for. */
export function judge(budget: Budget, runs: readonly SavedRun[]): Verdict[] {
  return budget.nodes.flatMap((major) => {
    const here = runs.filter(({ node }) => node.startsWith(`v${major}.`));
    return budget.rows.flatMap((row) => {
      const bound = boundOf(row, major);
      if (bound === undefined) return [];
      const measured = here
        .filter(({ options }) => options.server === row.server)
        .map((run) => measuredBy(run, row))
        .find((value) => value !== undefined);
      const holds =
        measured !== undefined &&
        (row.atLeast === undefined ? measured <= bound : measured >= bound);
      return [{ row, major, bound, measured, holds }];
    });
  });
}

function measuredBy(run: SavedRun, row: Row): number | undefined {
  const { figure, of } = row;
  if (figure === 'waiting') return run.waiting?.find(({ what }) => what === of)?.bytes;
  if (figure === 'profile') {
    return run.profiles.find((each) => each.contender === of && each.load === 'calls')?.own.self;
  }
  // What is read there is among the numbers of a round, as `readBudget` has checked.
  return ofRounds(run[figure] as SavedRounds<Record<string, number>> | undefined, row);
}

function ofRounds(
  rounds: SavedRounds<Record<string, number>> | undefined,
  { of, against, value, atLeast }: Row,
): number | undefined {
  const read = (name: string): number[] | undefined =>
    rounds?.[name]?.map((each) => each[value] ?? NaN);
  const own = read(of);
  if (own === undefined || own.length === 0) return undefined;
  if (against === undefined) return spread(own).median;
  const ratios: number[] = [];
  for (const name of against) {
    const base = read(name);
    if (base === undefined) return undefined;
    ratios.push(ratio(own, base).median);
  }
  // The best of them is whom it is hardest to hold against.
  return atLeast === undefined ? Math.max(...ratios) : Math.min(...ratios);
}

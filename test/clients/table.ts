import type { Outcome } from './traveller.ts';

/** What became of each client, by its name. */
export type Outcomes = ReadonlyMap<string, Outcome>;

export interface Sum {
  readonly passed: number;
  readonly failed: number;
}

/** Prints a row for each client, and below the rows what went wrong. */
export function printTable(title: string, steps: readonly string[], outcomes: Outcomes): Sum {
  const columns = [...steps, 'ms'].map((step) => step.padStart(Math.max(step.length, 6) + 2));
  const first = Math.max(title.length, ...[...outcomes.keys()].map((name) => name.length));
  const row = (name: string, cells: readonly string[]): string =>
    name.padEnd(first) + cells.map((cell, at) => cell.padStart(columns[at]?.length ?? 0)).join('');

  console.log(row(title, columns));
  for (const [name, outcome] of outcomes) {
    const marks = steps.map((step) => (isTrouble(outcome[step]) ? 'FAIL' : (outcome[step] ?? '-')));
    console.log(row(name, [...marks, outcome['ms'] ?? 0].map(String)));
  }
  const failures = [...outcomes].flatMap(([name, outcome]) =>
    steps.filter((step) => isTrouble(outcome[step])).map((step) => [name, step, outcome[step]]),
  );
  for (const [name, step, what] of failures) console.log(`${title}, ${name}, ${step}: ${what}`);
  console.log();
  const failed = new Set(failures.map(([name]) => name)).size;
  return { passed: outcomes.size - failed, failed };
}

/**
 * Holds what became of a client against what was to become of it.
 *
 * @param expected the only word that is right for a step, or several; `-` always means that there was
 *   nothing to try
 */
export function judge(
  outcome: Outcome,
  expected: Readonly<Record<string, string | readonly string[]>>,
): Outcome {
  const judged = Object.entries(outcome).map(([step, was]) => {
    const right = [expected[step] ?? []].flat();
    const isRight = right.length === 0 || right.includes(`${was}`) || was === '-' || isTrouble(was);
    return [step, isRight ? was : `FAIL it was: ${was}, and not: ${right.join(' or ')}`];
  });
  return Object.fromEntries(judged) as Outcome;
}

function isTrouble(step: string | number | undefined): boolean {
  return String(step).startsWith('FAIL');
}

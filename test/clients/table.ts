import type { Outcome } from './traveller.ts';

/** What became of each client, by its name. */
export type Outcomes = ReadonlyMap<string, Outcome>;

export interface Sum {
  readonly passed: number;
  readonly failed: number;
}

/** Prints a row for each client, and below the rows what went wrong. */
export function printTable(title: string, steps: readonly string[], outcomes: Outcomes): Sum {
  const cells = (outcome: Outcome): string[] =>
    steps.map((step) => (isTrouble(outcome[step]) ? 'FAIL' : String(outcome[step] ?? '-')));
  const names = [title, ...outcomes.keys()];
  const rows = [...outcomes.values()].map((each) => [...cells(each), String(each['ms'] ?? 0)]);
  const table = [[...steps, 'ms'], ...rows].map((each, at) => [names[at]!, ...each]);
  const widths = table[0]!.map((_, column) =>
    Math.max(...table.map((each) => each[column]!.length)),
  );
  for (const [name, ...marks] of table) {
    const padded = marks.map((mark, at) => mark.padStart(widths[at + 1]! + 2));
    console.log(name!.padEnd(widths[0]!) + padded.join(''));
  }
  const failures = [...outcomes].flatMap(([name, outcome]) =>
    steps.filter((step) => isTrouble(outcome[step])).map((step) => [name, step, outcome[step]]),
  );
  for (const [name, step, what] of failures) console.log(`${title}, ${name}, ${step}: ${what}`);
  console.log();
  const failed = new Set(failures.map(([name]) => name)).size;
  return { passed: outcomes.size - failed, failed };
}

/** The word that is right for a step, or several. `-`: there is nothing of it to try. */
export type Expected = Readonly<Record<string, string | readonly string[]>>;

/** Holds what became of a client against what was to become of it. */
export function judge(outcome: Outcome, expected: Expected): Outcome {
  // After trouble the steps are not tried that come next.
  const isCut = Object.values(outcome).some(isTrouble);
  const judged = Object.entries(outcome).map(([step, was]) => {
    const right = [expected[step] ?? []].flat();
    const isRight = step === 'ms' || right.includes(`${was}`) || (isCut && was === '-');
    return [step, isRight || isTrouble(was) ? was : `FAIL it was: ${was}, not: ${right.join()}`];
  });
  return Object.fromEntries(judged) as Outcome;
}

function isTrouble(step: string | number | undefined): boolean {
  return String(step).startsWith('FAIL');
}

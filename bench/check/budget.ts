import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { echoServers, type ServerName } from '../contenders/echo.ts';
import { type ContenderName, contenderNames } from '../contenders/index.ts';

/** What may be read of each figure that the budget knows. */
const VALUES = {
  calls: ['perSecond', 'serverMicros', 'userMicros'],
  churn: ['perSecond', 'serverMicros', 'userMicros'],
  stateless: ['perSecond', 'serverMicros', 'userMicros'],
  memory: ['heap', 'rss'],
  profile: ['own'],
  waiting: ['bytes'],
} as const;

export type BudgetFigure = keyof typeof VALUES;

/** A number for each major of Node.js, or one for all. */
export type Bound = number | Readonly<Record<string, number>>;

/** One thing that must hold. */
export interface Row {
  readonly what: string;
  readonly server: ServerName;
  readonly figure: BudgetFigure;
  readonly value: string;
  /** Whose value is meant; of the figure `waiting`, what waits. */
  readonly of: string;
  /** Whose values those are divided by, round by round; of several, the best counts. */
  readonly against?: readonly ContenderName[];
  readonly atLeast?: Bound;
  readonly atMost?: Bound;
}

/** What must hold of the figures, and on which Node.js. */
export interface Budget {
  readonly nodes: readonly number[];
  /** Rounds of a run that is to be judged. */
  readonly rounds: number;
  readonly rows: readonly Row[];
}

/** The bound of a row on one major of Node.js; `undefined` where nothing is asked there. */
export function boundOf({ atLeast, atMost }: Row, major: number): number | undefined {
  const bound = atLeast ?? atMost;
  return typeof bound === 'number' ? bound : bound?.[major];
}

/** @throws RangeError for a row that names what there is not, or asks for nothing */
export function readBudget(file = join(import.meta.dirname, '../budget.json')): Budget {
  const budget = JSON.parse(readFileSync(file, 'utf8')) as Budget;
  for (const row of budget.rows) checkRow(row);
  return budget;
}

function checkRow(row: Row): void {
  const { what, server, figure, value, of, against = [], atLeast, atMost } = row;
  const known: readonly string[] = contenderNames;
  const named = figure === 'waiting' ? against : [of, ...against];
  const values: readonly string[] = VALUES[figure] ?? [];
  const isRight =
    server in echoServers &&
    values.includes(value) &&
    named.every((name) => known.includes(name)) &&
    (atLeast === undefined) !== (atMost === undefined);
  if (!isRight) throw new RangeError(`bench/budget.json: the row "${what}" can not be judged`);
}

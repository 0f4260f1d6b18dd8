import type { Row } from '../check/budget.ts';
import type { Verdict } from '../check/judge.ts';
import { figure, percent, table } from './table.ts';

/** What must hold, what was measured, and whether it holds; what nobody measured says so. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ row, major, bound, measured, holds }) => [
    row.what,
    row.server,
    `${major}`,
    `${row.atMost === undefined ? '>=' : '<='} ${shown(row, bound)}`,
    measured === undefined ? '' : shown(row, measured),
    measured === undefined ? 'not measured' : holds ? 'holds' : 'DOES NOT HOLD',
  ]);
  return `Budget\n${table(['', 'server', 'node', 'asked', 'measured', ''], rows)}`;
}

function shown({ figure: of, against }: Row, value: number): string {
  if (of === 'profile') return percent(value);
  return against === undefined ? figure(value) : `${figure(value)} ×`;
}

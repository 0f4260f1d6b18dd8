import type { ServerName } from '../contenders/echo.ts';
import { boundOf, type Budget } from './budget.ts';

/** One run of the bench that a budget needs. */
export interface Errand {
  readonly major: number;
  readonly server: ServerName;
  /** Figures and contenders, as `--only` takes them. */
  readonly only: readonly string[];
}

/** Figures that choose their contenders by themselves. */
const ALONE: readonly string[] = ['stateless', 'waiting'];

/** The runs that measure all that a budget asks for: one for each figure, so that none measures more. */
export function plan({ nodes, rows }: Budget): Errand[] {
  const errands = new Map<string, { errand: Errand; only: Set<string> }>();
  for (const major of nodes) {
    for (const row of rows) {
      if (boundOf(row, major) === undefined) continue;
      const { figure, server, of, against = [] } = row;
      const key = JSON.stringify([major, server, figure]);
      const only = errands.get(key)?.only ?? new Set([figure]);
      if (!ALONE.includes(figure)) for (const name of [of, ...against]) only.add(name);
      errands.set(key, { errand: { major, server, only: [...only] }, only });
    }
  }
  return Array.from(errands.values(), ({ errand }) => errand);
}

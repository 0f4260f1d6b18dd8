import { useRef } from 'preact/hooks';
import type { Row } from '../rows.ts';
import { type Choice, choose } from './choice.ts';

/** Rows beyond which the list is sorted less often: sorting would take the page's whole time. */
const MANY = 3000;
const PAUSE_MS = 400;

/** The rows that are listed, in the order of the choice. */
export function useChosen(rows: readonly Row[], choice: Choice): Row[] {
  const last = useRef({ rows: [] as readonly Row[], choice, chosen: [] as Row[], at: 0 });
  const known = last.current;
  const isSoon = rows.length > MANY && performance.now() - known.at < PAUSE_MS;
  if (known.choice === choice && (known.rows === rows || isSoon)) return known.chosen;
  const chosen = choose(rows, choice);
  last.current = { rows, choice, chosen, at: performance.now() };
  return chosen;
}

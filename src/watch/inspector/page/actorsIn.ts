import type { Line, LineOf } from '../lines.ts';
import type { SceneActor } from './scene.ts';

/** The actors that lines of a session tell of, as they were after the last of the lines. */
export function actorsIn(
  lines: readonly Line[],
  chartOf: (step: LineOf<'actor'>) => string | undefined,
): SceneActor[] {
  const last = new Map<string, LineOf<'actor'>>();
  for (const line of lines) if (line.type === 'actor') last.set(line.actor, line);
  return Array.from(last, ([actor, line]) => ({
    actor,
    states: line.to.split(' '),
    svg: chartOf(line),
    last: line,
  })).toSorted((a, b) => (a.actor < b.actor ? -1 : 1));
}

/** The last step of an actor. */
export function lastOf(lines: readonly Line[], name: string): LineOf<'actor'> | undefined {
  return lines.findLast(
    (line): line is LineOf<'actor'> => line.type === 'actor' && line.actor === name,
  );
}

import { edgeName, type ModelEdge } from './model.ts';
import type { Path } from './planPaths.ts';

/** Where a server does not do what the model says. */
export interface Failure {
  /** The path to the failure; its last edge is the one that failed. */
  readonly path: Path;
  readonly expected: string;
  readonly seen: string;
}

/** Writes a path on one line: states, and between them the events that lead to the next. */
export function pathText(path: readonly ModelEdge[]): string {
  const [first] = path;
  if (first === undefined) return 'the beginning';
  return [first.from, ...path.map(({ event, to }) => `${event} → ${to}`)].join(', ');
}

/** Writes a failure for a person to read: the edge, the path, what was expected and seen. */
export function failureText({ path, expected, seen }: Failure): string {
  const last = path.at(-1);
  return [
    `FAILED    ${last === undefined ? 'before the first event' : edgeName(last)}`,
    `  path      ${pathText(path)}`,
    `  expected  ${expected}`,
    `  seen      ${seen}`,
  ].join('\n');
}

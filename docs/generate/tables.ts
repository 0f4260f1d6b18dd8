import { flatten, type State } from '../../src/watch/inspector/chart/statechart.ts';

/** What a state does with an arrival: tags of this set form the arrival table. */
const ARRIVALS: ReadonlySet<string> = new Set(['dispatch', 'stash', 'activate', 'refuse']);

/** Each state a session can be in, what it does with an arrival, and its effects. */
export function statesOf(machine: State): string {
  const rows = flatten(machine)
    .filter(({ children }) => children.length === 0)
    .map(({ path, tags, entry, exit, description }) => [
      code(path),
      tags.filter((tag) => ARRIVALS.has(tag)).join(),
      codes(entry),
      codes(exit),
      description,
    ]);
  return table(['State', 'Arrival', 'On entry', 'On exit', 'Means'], rows);
}

/** Every transition, those of the root first: they hold where nothing below them says otherwise. */
export function transitionsOf(machine: State): string {
  const rows = flatten(machine)
    .flatMap(({ transitions }) => transitions)
    .map(({ source, event, guard, target, actions, description }) => [
      source === '' ? 'any' : code(source),
      code(event),
      guard === undefined ? '' : code(guard),
      target === undefined ? (actions.length === 0 ? 'ignored' : 'stays') : code(target),
      codes(actions),
      description,
    ]);
  return table(['In', 'On', 'If', 'To', 'Does', 'Why'], rows);
}

/** Columns are padded, so that the formatter has nothing to change. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, i) =>
    Math.max(3, name.length, ...rows.map((row) => row[i]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

function codes(names: readonly string[]): string {
  return names.map(code).join(', ');
}

function code(name: string): string {
  return `\`${name}\``;
}

import { ActorsError } from './errors.ts';

/** The names of all members of an interface: the type asks for each of them. */
export type NamesOf<T> = { readonly [N in keyof T]-?: true };

/**
 * Refuses a name that is none of those known: a misspelt option would otherwise leave its default
 * in force, and nobody would know.
 *
 * @param where the names belong, for people
 * @throws ActorsError `bad-option`, with the nearest name
 */
export function checkNames(
  where: string,
  given: Readonly<Record<string, unknown>> | object,
  known: Readonly<Record<string, unknown>>,
): void {
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) checkName(where, name, known);
  }
}

/** @throws ActorsError `bad-option`, with the nearest name */
export function checkName(
  where: string,
  name: string,
  known: Readonly<Record<string, unknown>>,
): void {
  if (Object.hasOwn(known, name)) return;
  const nearest = nearestTo(name, Object.keys(known));
  const hint = nearest === undefined ? '' : `: did you mean ${nearest}?`;
  // What came is shortened: it may be anything at all.
  throw new ActorsError(
    'bad-option',
    `${where} knows no ${JSON.stringify(name.slice(0, 64))}${hint}`,
  );
}

/** The name that takes the fewest changes to come to, where those are few. */
function nearestTo(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(name.length / 3)) + 1;
  for (const each of known) {
    const changes = distance(name.slice(0, 64).toLowerCase(), each.toLowerCase());
    if (changes < least) [best, least] = [each, changes];
  }
  return best;
}

/** How many letters are to be put in, taken out or changed: Levenshtein, row by row. */
function distance(from: string, to: string): number {
  let above = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 0; i < from.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const change = above[j]! + Number(from[i] !== to[j]);
      row.push(Math.min(change, above[j + 1]! + 1, row[j]! + 1));
    }
    above = row;
  }
  return above[to.length]!;
}

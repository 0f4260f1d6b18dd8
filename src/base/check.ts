import { ActorsError } from './errors.ts';

/**
 * Checks those limits of `defaults` that are given, and fills in the rest.
 *
 * @throws ActorsError `bad-option`
 */
export function settleLimits<L extends { [N in keyof L]: number }>(
  defaults: L,
  given: { readonly [N in keyof L]?: number | undefined },
  mayBeInfinite: ReadonlySet<string> = new Set(),
): L {
  const limits = { ...defaults };
  for (const name of Object.keys(defaults) as (keyof L & string)[]) {
    const value = given[name];
    if (value === undefined) continue;
    const infinite = mayBeInfinite.has(name);
    // Durations may be fractions; counts and sizes may not.
    const what = name.endsWith('Ms') ? 'a finite number' : 'an integer';
    check(name, `${what} > 0${infinite ? ' or Infinity' : ''}`, value, (v) => {
      if (typeof v !== 'number' || v <= 0) return false;
      if (v === Infinity) return infinite;
      return name.endsWith('Ms') ? Number.isFinite(v) : Number.isSafeInteger(v);
    });
    limits[name] = value as L[typeof name];
  }
  return limits;
}

/** @throws ActorsError `bad-option`, naming the option, what it takes and what came */
export function check(
  name: string,
  expected: string,
  value: unknown,
  test: (value: unknown) => boolean,
): void {
  if (test(value)) return;
  throw new ActorsError('bad-option', `${name} must be ${expected}, got ${describe(value)}`);
}

function describe(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value;
}

import { register } from 'node:module';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

/** Takes a rule out of all modules that are loaded from here on. */
export function takeOut(name: string): Mutant {
  const mutant = MUTANTS[name];
  if (mutant === undefined) throw new Error(`no mutant ${name}`);
  const hooks = new URL('../../simulation/mutantHooks.mjs', import.meta.url);
  register(hooks.href, { data: mutant.changes });
  return mutant;
}

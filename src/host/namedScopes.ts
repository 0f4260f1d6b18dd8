import { ActorsError } from '../base/errors.ts';
import type { ScopeActor } from './scopeActor.ts';

/** Scopes by the name the application gives them, per principal. */
export class NamedScopes {
  readonly #actors = new Map<string, ScopeActor>();

  get size(): number {
    return this.#actors.size;
  }

  /** Finds the scope of a name; a scope that is ending is not found. */
  find(name: string): ScopeActor | undefined {
    const actor = this.#actors.get(name);
    return actor?.arrival === 'refuse' ? undefined : actor;
  }

  set(name: string, actor: ScopeActor): void {
    this.#actors.set(name, actor);
  }

  /** Forgets a scope that has ended, unless its name has a new scope by now. */
  forget(name: string, actor: ScopeActor): void {
    if (this.#actors.get(name) === actor) this.#actors.delete(name);
  }
}

/**
 * Makes one key of a principal and the parts of a scope's name.
 *
 * @throws ActorsError `bad-option` for a name with anything but strings in it
 */
export function nameOf(principal: string | undefined, parts: readonly string[]): string {
  if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) {
    throw new ActorsError('bad-option', 'scopeOf must return an array of strings');
  }
  // As JSON and never joined: ['a:b', 'c'] must not meet ['a', 'b:c'], nor the principal 'null' a
  // caller without principal.
  return JSON.stringify([principal ?? null, parts]);
}

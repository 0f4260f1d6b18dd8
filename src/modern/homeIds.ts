import { BoundedMap } from '../base/boundedMap.ts';
import { idOfText } from '../base/ids.ts';
import type { Scope } from './options.ts';

/** Ids that are remembered: a principal that calls once calls again. */
const MOST = 4096;

/**
 * The ids of homes: never on the wire, and the same in each process, so that a store has them. Nobody
 * can choose a principal or a name whose home has the id of another.
 */
export class HomeIds {
  readonly #ids = new BoundedMap<string, string>(MOST);

  of(scope: Scope, principal: string | undefined, name: string | undefined): string {
    const known = `${scope} ${lengthOf(principal)} ${lengthOf(name)} ${principal}${name}`;
    let id = this.#ids.get(known);
    if (id === undefined) {
      const text = JSON.stringify(['mcp-actors', scope, principal ?? null, name ?? null]);
      this.#ids.set(known, (id = `m${idOfText(text)}`));
    }
    return id;
  }
}

/** So that no two pairs of texts are alike when they stand side by side. */
function lengthOf(text: string | undefined): number {
  return text?.length ?? -1;
}

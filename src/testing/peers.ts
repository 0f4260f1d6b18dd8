import type * as FastCheck from 'fast-check';
import type * as Vitest from 'vitest';
import { ActorsError } from '../base/errors.ts';

/** Optional peers, where they are installed; a caller that needs a missing one is told so. */
export interface Peers {
  /** Only within its own tests: elsewhere it can not be loaded. */
  readonly vitest: typeof Vitest | undefined;
  readonly fastCheck: typeof FastCheck | undefined;
}

let peers: Peers = { vitest: undefined, fastCheck: undefined };

/** Has the peers that an entry has loaded, because the functions that need them are not async. */
export function setPeers(loaded: Peers): void {
  peers = loaded;
}

/** Gives vitest. @throws ActorsError `bad-option` outside of vitest */
export function theVitest(): typeof Vitest {
  return peers.vitest ?? missing('describeSession runs in vitest: import it, or use walkModel');
}

/** Gives fast-check. @throws ActorsError `bad-option` where fast-check is not installed */
export function theFastCheck(): typeof FastCheck {
  return peers.fastCheck ?? missing('sessionProperty needs fast-check: install it');
}

function missing(what: string): never {
  throw new ActorsError('bad-option', what);
}

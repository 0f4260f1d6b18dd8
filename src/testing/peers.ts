import type * as FastCheck from 'fast-check';
import type * as Vitest from 'vitest';
import { ActorsError } from '../base/errors.ts';

/**
 * Optional peers. They are loaded once, here, where they are installed, because the functions that
 * need them are not async; a caller that needs a missing peer is told so.
 */
const vitest = 'VITEST' in process.env ? await optional(() => import('vitest')) : undefined;
const fastCheck = await optional(() => import('fast-check'));

/** Gives vitest. @throws ActorsError `bad-option` outside of vitest */
export function theVitest(): typeof Vitest {
  return vitest ?? missing('describeSession runs in vitest: install it, or use walkModel');
}

/** Gives fast-check. @throws ActorsError `bad-option` where fast-check is not installed */
export function theFastCheck(): typeof FastCheck {
  return fastCheck ?? missing('sessionProperty needs fast-check: install it');
}

async function optional<M>(load: () => Promise<M>): Promise<M | undefined> {
  try {
    return await load();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

function missing(what: string): never {
  throw new ActorsError('bad-option', what);
}

import { defineHandle } from 'mcp-actors';
import type { Handle, HandleScope } from 'mcp-actors/handles';
import type { UserCode } from '../userCode.ts';
import { THING_LIMITS } from './setting.ts';
import type { Opening } from './thing.ts';
import type { ThingLedger } from './thingLedger.ts';

/** What a handle keeps. */
export interface Tokens {
  tokens: number[];
}

type Scope = HandleScope<Tokens | undefined>;
export type ThingKind = Handle<Opening, Tokens | undefined>;
const state = (): Tokens | undefined => ({ tokens: [] });

export type ThingKinds = Readonly<Record<'cursor' | 'page' | 'shell', ThingKind>>;

/** The handles of one process: one kind that sleeps, one that is asked how, one that can not. */
export function thingKinds(ledger: ThingLedger, user: UserCode): ThingKinds {
  const openAs = async (kind: string, handle: Scope, keepsAwake: boolean): Promise<Opening> => {
    await user.later('openThing');
    const opening = ledger.opened(kind, handle);
    const close = (): Promise<void> => {
      ledger.released(opening);
      return user.later('releaseThing');
    };
    handle.own({ close }, { keepsAwake });
    return opening;
  };
  return {
    cursor: defineHandle({
      ...THING_LIMITS,
      name: 'cursor',
      state,
      open: (_input, handle) => openAs('cursor', handle, false),
    }),
    page: defineHandle({
      ...THING_LIMITS,
      name: 'page',
      state,
      open: (_input, handle) => openAs('page', handle, true),
      async onSleep() {
        await user.later('keepThing');
        return { isKept: true };
      },
      async onWake(_kept, handle) {
        await user.later('wakeThing');
        return openAs('page', handle, true);
      },
    }),
    shell: defineHandle<Opening, Tokens | undefined>({
      ...THING_LIMITS,
      name: 'shell',
      open: (_input, handle) => openAs('shell', handle, true),
    }),
  };
}

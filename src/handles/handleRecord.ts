import { isPlainData } from '../session/plainData.ts';
import type { Left, Recorded } from '../session/recordOf.ts';
import type { Keeper } from '../store/keeper.ts';
import { dataRecord, NEVER, type SessionRecord } from '../store/record.ts';

/** What a handle goes on from. */
export interface Kept {
  readonly principal: string | undefined;
  /** The session that made the handle, by its loggable name. */
  readonly by: string;
  readonly input: unknown;
  readonly state: unknown;
}

/** A handle, as its record is made from it. */
export interface RecordedHandle
  extends Kept, Pick<SessionRecord, 'id' | 'key' | 'startedAt' | 'epoch'> {
  readonly kind: { readonly name: string; readonly keeper: Keeper };
  readonly isAsleep: boolean;
  /** The handle is about to sleep. */
  readonly isDozing: boolean;
  /** Stores the handle; `null` where no durable store keeps the handle. */
  readonly persistence: object | null;
  readonly openDormancy: {
    readonly kept: unknown;
    readonly left: Left | undefined;
    readonly expiresAt: number | undefined;
  } | null;
}

/** Makes the record of a handle: that of a session whose `home` is the handle's kind. */
export function handleRecordOf(handle: RecordedHandle): Recorded {
  const { id, key, principal, startedAt, epoch, by, input, state, kind, isAsleep } = handle;
  if (!isPlainData(state) || !isPlainData(input)) {
    const isStored = handle.persistence !== null;
    const left = { what: 'state', local: undefined, of: undefined } as const;
    return { record: undefined, leftOut: isStored ? [left] : [] };
  }
  const { left, kept, expiresAt } = handle.openDormancy ?? {};
  const record = dataRecord({
    id,
    key,
    principal,
    home: kind.name,
    startedAt,
    epoch,
    state: { by, input, state } satisfies Omit<Kept, 'principal'>,
    expiresAt: Math.min((isAsleep ? expiresAt : undefined) ?? kind.keeper.expiry(), NEVER),
    kept,
    asleep: left === undefined ? handle.isDozing : left.cause === 'slept',
  });
  return { record, leftOut: [] };
}

/** What a handle's record keeps. */
export function keptIn({ principal, state }: SessionRecord): Kept {
  return { principal, ...(state as Omit<Kept, 'principal'>) };
}

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
  /** There is nothing to go on from: the record says only which process has the handle. */
  readonly isLive?: true;
}

/** A handle, as its record is made from it. */
export interface RecordedHandle
  extends Kept, Pick<SessionRecord, 'id' | 'key' | 'startedAt' | 'epoch'> {
  readonly kind: { readonly name: string; readonly keeper: Keeper };
  /** Nothing of the handle can be kept without what is live. */
  readonly isLiveOnly: boolean;
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
  const { isLiveOnly, persistence } = handle;
  const isPlain = isPlainData(state) && isPlainData(input);
  const left = { what: 'state', local: undefined, of: undefined } as const;
  const leftOut = isPlain || isLiveOnly || persistence === null ? [] : [left];
  if ((!isPlain || isLiveOnly) && kind.keeper.isShared) {
    const known = { id, key, principal, home: kind.name, startedAt, epoch };
    const bare = { by, input: undefined, state: undefined, isLive: true as const };
    const expiresAt = Math.min(kind.keeper.expiry(), NEVER);
    return { record: dataRecord({ ...known, state: bare, expiresAt }), leftOut };
  }
  if (!isPlain) return { record: undefined, leftOut };
  const { left: cause, kept, expiresAt } = handle.openDormancy ?? {};
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
    asleep: cause === undefined ? handle.isDozing : cause.cause === 'slept',
  });
  return { record, leftOut: [] };
}

/** What a handle's record keeps. */
export function keptIn({ principal, state }: SessionRecord): Kept {
  return { principal, ...(state as Omit<Kept, 'principal'>) };
}

/** A record of what only one process can have. */
export function isLiveIn({ state }: SessionRecord): boolean {
  return (state as Kept).isLive === true;
}

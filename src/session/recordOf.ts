import type { Keeper } from '../store/keeper.ts';
import type { SessionRecord } from '../store/record.ts';
import { byName } from './context.ts';
import type { Handshake } from './handshake.ts';
import { isPlainData } from './plainData.ts';
import type { Woken } from './session.ts';
import type { SessionSettings } from './world.ts';

/** A time no deadline reaches, for what is kept for ever; `Infinity` is not for every store. */
const NEVER = Number.MAX_SAFE_INTEGER;

/** How the last server of a session ended, for as long as there is no other. */
export type Left = Omit<Woken, 'kept'>;

/** What a record is made of. */
export interface RecordSource extends Pick<
  SessionRecord,
  'id' | 'key' | 'principal' | 'startedAt' | 'epoch' | 'state'
> {
  readonly isConfirmed: boolean;
  readonly isAsleep: boolean;
  /** The session is about to sleep. */
  readonly isDozing: boolean;
  readonly snapshot: { readonly context: { readonly attached: boolean } };
  readonly handshake: Handshake;
  readonly openLocals: ReadonlyMap<unknown, unknown> | null;
  readonly openOutlet: { readonly sequence: number } | null;
  /** Methods of the questions that are open. */
  readonly outgoing: { readonly methods: readonly string[] };
  readonly openDormancy: {
    readonly kept: unknown;
    readonly left: Left | undefined;
    readonly expiresAt: number | undefined;
  } | null;
  /** Where a durable store keeps the session. */
  readonly persistence: object | null;
}

/** Where records go, and how a state is stored in them. */
export interface RecordShare {
  readonly keeper: Keeper;
  readonly settings: SessionSettings;
}

/** State and locals are plain data: they can be stored, and sleep. */
export function isPlain(
  { state, openLocals: locals, persistence }: RecordSource,
  { settings }: RecordShare,
): boolean {
  if (settings.state.encode === undefined && !isPlainData(state)) return false;
  if (locals === null) return true;
  // A durable store keeps locals by their names.
  if (persistence !== null && byName(locals) === undefined) return false;
  for (const value of locals.values()) if (!isPlainData(value)) return false;
  return true;
}

/** What is to be stored of a session whose data is plain. */
export function recordOf(source: RecordSource, { keeper, settings }: RecordShare): SessionRecord {
  const { id, key, principal, startedAt, epoch, openLocals: locals } = source;
  const { encode, version } = settings.state;
  const { left, kept, expiresAt } = source.openDormancy ?? NEVER_SLEPT;
  // In use, or attached, a session does not expire while this process lives.
  const rests = source.isAsleep && !source.snapshot.context.attached;
  return {
    id,
    key,
    principal,
    startedAt,
    epoch,
    confirmed: source.isConfirmed,
    handshake: keeper.share(source.handshake.record),
    expiresAt: Math.min((rests ? expiresAt : undefined) ?? keeper.expiry(), NEVER),
    state: encode === undefined ? source.state : encode(source.state),
    stateVersion: version,
    locals: locals === null ? undefined : source.persistence === null ? locals : byName(locals),
    kept,
    asked: [...(left?.expired ?? []), ...source.outgoing.methods],
    // A server is on its way out, or the last one went to sleep and there is no other yet.
    asleep: left === undefined ? source.isDozing : left.cause === 'slept',
    standalone: source.openOutlet?.sequence ?? 0,
  };
}

const NEVER_SLEPT = { left: undefined, kept: undefined, expiresAt: undefined };

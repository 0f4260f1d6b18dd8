import { atOnce } from '../base/awaitable.ts';
import type { Services } from '../events/services.ts';
import type { Keeper } from '../store/keeper.ts';
import { NEVER, type SessionRecord } from '../store/record.ts';
import type { Handshake } from './handshake.ts';
import { isPlainData } from './plainData.ts';
import type { Woken } from './session.ts';
import { isName, type LeftOut, namedLocals } from './sessionLocal.ts';
import type { RecordedActors, UserActors } from './userActors.ts';
import type { SessionSettings } from './world.ts';

/** How the last server of a session ended, kept until the next server is there. */
export type Left = Omit<Woken, 'kept'>;

/** A session, as its record is made from it. */
export interface RecordSource extends Pick<
  SessionRecord,
  'id' | 'key' | 'principal' | 'home' | 'startedAt' | 'epoch' | 'state'
> {
  readonly isConfirmed: boolean;
  readonly isAsleep: boolean;
  /** The session is about to sleep. */
  readonly isDozing: boolean;
  readonly snapshot: { readonly context: { readonly attached: boolean } };
  readonly handshake: Handshake;
  readonly openLocals: ReadonlyMap<unknown, unknown> | null;
  readonly openOutlet: { readonly sequence: number } | null;
  /** Methods of the session's open questions. */
  readonly outgoing: { readonly methods: readonly string[] };
  readonly openDormancy: {
    readonly kept: unknown;
    readonly left: Left | undefined;
    readonly expiresAt: number | undefined;
  } | null;
  /** Stores the session; `null` where no durable store keeps the session. */
  readonly persistence: object | null;
  readonly userActors: Pick<UserActors, 'record'> | undefined;
}

/** What all sessions share to make records: the keeper, and how a state is stored. */
export interface RecordShare {
  readonly services: Services;
  readonly keeper: Keeper;
  readonly settings: SessionSettings;
}

/** A record, and what of its session is not in it. */
export interface Recorded {
  /** `undefined`: the session can not be stored at all. */
  readonly record: SessionRecord | undefined;
  /** What a durable store loses of the session; in memory, whatever is not stored stays. */
  readonly leftOut: readonly LeftOut[];
}

const WHOLE: readonly LeftOut[] = [];
/** Of a session without its state nothing is stored: a client that came back would miss it. */
const STATELESS: Recorded = {
  record: undefined,
  leftOut: [{ what: 'state', local: undefined, of: undefined }],
};
const STAYS: Recorded = { record: undefined, leftOut: WHOLE };

/** State and locals are plain data, so the session can be stored, and can sleep. */
export function isPlain(source: RecordSource, share: RecordShare): boolean {
  const isState = attempt(source, share, () => isPlainData(encoded(source, share.settings)));
  return isState === true && arePlain(source);
}

/**
 * Makes the record to be stored of a session. A durable store takes what it can. In memory a
 * session sleeps as it is or stays, and nothing of it is left out.
 */
export function recordOf(source: RecordSource, share: RecordShare): Recorded {
  return attempt(source, share, () => made(source, share)) ?? STATELESS;
}

/** Runs `encode`: where it throws for this session's state, the session can not be stored. */
function attempt<R>(
  { key }: RecordSource,
  { services }: RecordShare,
  make: () => R,
): R | undefined {
  try {
    return make();
  } catch (error) {
    services.events.emit('store.failed', { session: key, doing: 'put', error });
    return undefined;
  }
}

function made(source: RecordSource, share: RecordShare): Recorded {
  const { keeper, settings } = share;
  const isDurable = source.persistence !== null;
  const state = encoded(source, settings);
  if (!isPlainData(state)) return isDurable ? STATELESS : STAYS;
  if (!isDurable && !arePlain(source)) return STAYS;
  const { id, key, principal, startedAt, epoch, openLocals } = source;
  const leftOut: LeftOut[] = [];
  const locals =
    openLocals === null || !isDurable
      ? openLocals
      : namedLocals(openLocals, (left) => leftOut.push(left));
  const { left, kept, expiresAt } = source.openDormancy ?? NEVER_SLEPT;
  const acting = source.userActors?.record();
  for (const of of acting?.leftOut ?? []) leftOut.push({ what: 'actor', local: of, of });
  // In use, or attached, a session does not expire while this process lives.
  const rests = source.isAsleep && !source.snapshot.context.attached;
  const record = {
    id,
    key,
    principal,
    ...(source.home !== undefined && { home: source.home }),
    startedAt,
    epoch,
    state,
    confirmed: source.isConfirmed,
    handshake: keeper.share(source.handshake.record, principal),
    ...timesOf((rests ? expiresAt : undefined) ?? keeper.expiry(), share, acting),
    stateVersion: settings.state.version,
    locals: locals ?? undefined,
    kept,
    asked: [...(left?.expired ?? []), ...source.outgoing.methods],
    // A server is on its way out, or the last server went to sleep and there is no other yet.
    asleep: left === undefined ? source.isDozing : left.cause === 'slept',
    standalone: source.openOutlet?.sequence ?? 0,
  };
  return { record, leftOut };
}

/**
 * When a record is due. A session with a delayed event is due then, and lasts on from there for as
 * long as one that fell asleep.
 */
function timesOf(
  endsAt: number,
  { keeper, services }: RecordShare,
  acting: RecordedActors | undefined,
): Pick<SessionRecord, 'expiresAt' | 'lastsMs' | 'actors'> {
  const { actors, dueAt } = acting ?? {};
  const expiresAt = Math.min(dueAt ?? endsAt, NEVER);
  if (actors === undefined) return { expiresAt };
  if (dueAt === undefined) return { expiresAt, actors: { base: expiresAt, ...actors } };
  const lastsMs = Math.max(endsAt - expiresAt, keeper.expiry() - services.clock.now());
  return { expiresAt, lastsMs, actors: { base: expiresAt, ...actors } };
}

/** Of a session that never slept. */
const NEVER_SLEPT = { left: undefined, kept: undefined, expiresAt: undefined };

/** The state of a record. Runs the user's `decode` and `migrate`, which may throw. */
export function stateOf(record: SessionRecord, { state: settings }: SessionSettings): unknown {
  const { version, migrate, decode } = settings;
  let { state } = record;
  if (decode !== undefined) state = atOnce('state.decode', decode(state));
  if (record.stateVersion === version || migrate === undefined) return state;
  return atOnce('state.migrate', migrate(state, record.stateVersion));
}

/** What is stored of a state. Runs the user's `encode`, which may throw. */
function encoded({ state }: RecordSource, { state: { encode } }: SessionSettings): unknown {
  return encode === undefined ? state : atOnce('state.encode', encode(state));
}

function arePlain({ openLocals: locals, persistence }: RecordSource): boolean {
  if (locals === null) return true;
  for (const [key, value] of locals) {
    // A durable store keeps locals by their names.
    if (!isPlainData(value) || (persistence !== null && !isName(key))) return false;
  }
  return true;
}

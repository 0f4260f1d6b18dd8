import type { Actor } from '../actor/actor.ts';
import { targetOf } from '../events/targetOf.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { SessionRecord } from '../store/record.ts';
import type { SessionView, ViewDeadline } from './view.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { STATELESS_REVISION } from '../wire/versions.ts';

/** Most requests listed in one view; `inFlight` counts them all. */
const MAX_REQUESTS = 64;

/** An actor with nothing to do, and nothing of a session. */
const QUIET = {
  node: undefined,
  protocolVersion: undefined,
  era: 'legacy',
  scope: undefined,
  client: undefined,
  epoch: 1,
  isAttached: false,
  pinned: undefined,
  reason: undefined,
  requests: [],
  inFlight: 0,
  waiting: 0,
  questions: 0,
  streams: 0,
  owned: 0,
} as const;

/** Makes the view of an actor of any kind: what only sessions have is empty. */
export function lifeViewOf(actor: Actor): SessionView {
  const { id, key, principal, path, startedAt, isConfirmed, inFlight, services } = actor;
  const { attached, reason } = actor.snapshot.context;
  return {
    ...QUIET,
    id,
    key,
    principal: services.principalKey(principal),
    state: path,
    startedAt,
    isConfirmed,
    isAttached: attached,
    reason: reason ?? undefined,
    deadline: deadlineOf(actor),
    inFlight,
  };
}

/** Makes the view of a session in this process. */
export function viewOf(actor: SessionActor, node: string | undefined): SessionView {
  const { mailbox, client, incarnations } = actor;
  const requests: SessionView['requests'][number][] = [];
  for (const { message, since, running } of mailbox.asks()) {
    if (requests.length >= MAX_REQUESTS) break;
    requests.push({ method: message.method, name: targetOf(message), since, running });
  }
  return {
    ...lifeViewOf(actor),
    node,
    protocolVersion: actor.protocolVersion,
    ...eraOf(actor),
    client,
    epoch: incarnations.epoch,
    pinned: actor.openDormancy?.pinned,
    requests,
    waiting: mailbox.waiting,
    questions: actor.outgoing.open,
    streams: actor.openOutlet?.live ?? 0,
    owned: incarnations.current.owned,
  };
}

/** Makes the view of a session that is not in this process from its record. @param principal a loggable name */
export function recordedViewOf(
  record: SessionRecord,
  principal: string,
  node: string | undefined,
): SessionView {
  const { id, key, startedAt, handshake, epoch, confirmed, expiresAt, lastsMs, home } = record;
  const info = handshake.initialize['clientInfo'];
  return {
    ...QUIET,
    id,
    key,
    principal,
    node,
    state: record.asleep || node === undefined ? 'idle.asleep' : 'active',
    startedAt,
    protocolVersion: home === undefined ? handshake.protocolVersion : STATELESS_REVISION,
    ...eraOf(record),
    client: isObject(info)
      ? { name: String(info['name']), version: String(info['version']) }
      : undefined,
    epoch,
    isConfirmed: confirmed,
    deadline: { what: lastsMs === undefined ? 'evict' : 'actor', at: expiresAt },
  };
}

function eraOf({
  home,
}: {
  readonly home?: string | undefined;
}): Pick<SessionView, 'era' | 'scope'> {
  return { era: home === undefined ? 'legacy' : 'modern', scope: home };
}

function deadlineOf(actor: Actor): ViewDeadline | undefined {
  const { handshake, quiet, idle, evict, attached, closing } = actor.lifetimes;
  const queues = [
    ['handshake', handshake],
    ['quiet', quiet],
    ['idle', idle],
    ['evict', evict],
    ['evict', attached],
    ['close', closing],
  ] as const;
  let first: ViewDeadline | undefined;
  for (const [what, queue] of queues) {
    const at = queue.dueAt(actor) ?? Infinity;
    if (at < (first?.at ?? Infinity)) first = { what, at };
  }
  return first;
}

import type { EndReason } from '../../../machines/session.ts';
import type { Transition } from '../../events/events.ts';
import type { SessionView } from '../../directory/view.ts';

/** A session in the list. */
export interface Row {
  readonly key: string;
  principal: string;
  client: string;
  state: string;
  startedAt: number;
  /** The session's last transition. */
  last: (Pick<Transition, 'at' | 'from' | 'to'> & { readonly event: string }) | undefined;
  /** Messages seen since the inspector began to listen. */
  seen: { in: number; out: number };
  inFlight: number;
  waiting: number;
  questions: number;
  streams: number;
  deadline: SessionView['deadline'];
  pinned: SessionView['pinned'];
  reason: EndReason | undefined;
  /** When the session ended; the row is its tombstone from then on. */
  endedAt: number | undefined;
}

export function newRow(key: string, now: number): Row {
  return {
    key,
    principal: 'anonymous',
    client: '',
    state: 'new',
    startedAt: now,
    last: undefined,
    seen: { in: 0, out: 0 },
    inFlight: 0,
    waiting: 0,
    questions: 0,
    streams: 0,
    deadline: undefined,
    pinned: undefined,
    reason: undefined,
    endedAt: undefined,
  };
}

const MAX_CLIENT_NAME = 80;

/** Writes a view over a row. @returns whether the view changed the row */
export function refresh(row: Row, view: SessionView): boolean {
  const { principal, state, startedAt, inFlight, waiting, questions, streams } = view;
  const { deadline, pinned, reason } = view;
  // The client chose its own name, and nothing else in a row, so only the name is cut.
  const called = view.client === undefined ? '' : `${view.client.name} ${view.client.version}`;
  const client = called.slice(0, MAX_CLIENT_NAME);
  const fresh = { principal, client, state, startedAt, inFlight, waiting, questions, streams };
  const isSame =
    Object.entries(fresh).every(([name, value]) => row[name as keyof typeof fresh] === value) &&
    row.deadline?.at === deadline?.at &&
    row.deadline?.what === deadline?.what &&
    row.pinned === pinned &&
    row.reason === reason;
  if (!isSame) Object.assign(row, fresh, { deadline, pinned, reason });
  return !isSame;
}

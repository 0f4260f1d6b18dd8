import type { Transition } from '../../events/events.ts';
import type { SessionView } from '../../directory/view.ts';
import { clientOf } from './names.ts';

/** Members of a view that a row has as they are. */
const COPIED = [
  'principal',
  'node',
  'state',
  'startedAt',
  'inFlight',
  'waiting',
  'questions',
  'streams',
  'pinned',
  'reason',
] as const satisfies readonly (keyof SessionView)[];

type Copied = Pick<SessionView, Exclude<(typeof COPIED)[number], 'reason'> | 'deadline'>;

/** A session in the list. */
export interface Row extends Writable<Copied> {
  readonly key: string;
  client: string;
  /** The session's last transition. */
  last: (Pick<Transition, 'at' | 'from' | 'to'> & { readonly event: string }) | undefined;
  /** Messages seen since the inspector began to listen. */
  seen: { in: number; out: number };
  /** Why the session ended; `kept`: it is over in this process, and the next goes on with it. */
  reason: SessionView['reason'] | 'kept';
  /** When the session ended, or left this process; the row is its tombstone from then on. */
  endedAt: number | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function newRow(key: string, now: number): Row {
  return {
    key,
    principal: 'anonymous',
    node: undefined,
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

/** Writes a view over a row. @returns whether the view changed the row */
export function refresh(row: Row, view: SessionView): boolean {
  const { client: info, deadline } = view;
  const client = info === undefined ? '' : clientOf(info);
  const isSame =
    row.client === client &&
    row.deadline?.at === deadline?.at &&
    row.deadline?.what === deadline?.what &&
    COPIED.every((name) => row[name] === view[name]);
  if (isSame) return false;
  const copied = Object.fromEntries(COPIED.map((name) => [name, view[name]]));
  Object.assign(row, copied, { client, deadline });
  return true;
}

import type { Resumption } from './outbox.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import { after } from '../base/after.ts';
import { parseEventId } from '../wire/eventId.ts';
import { header, type RequestHead } from '../wire/headers.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';

/** A GET: the session's own stream, or the one its client comes back for (rows G1, R2). */
export function openStream(
  session: SessionActor,
  head: RequestHead,
  port: ResponsePort,
  refuse: (code: RefusalCode) => void,
): void {
  const last = header(head, 'last-event-id');
  if (last === undefined) return session.outbox.attach(port);
  const told = (resumption: Resumption): void => {
    if (resumption === 'unknown') refuse('event-unknown');
    // A client that cancelled comes back for its stream; an empty answer tells it not to again.
    else if (resumption === 'over' && !port.gone) port.send(204, []);
  };
  const place = parseEventId(session.key, last);
  const resumption = place === undefined ? 'unknown' : session.outbox.resume(place, port);
  if (typeof resumption === 'string') told(resumption);
  else void after(resumption, told);
}

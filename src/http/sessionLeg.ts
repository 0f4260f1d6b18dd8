import { isPromise } from '../base/awaitable.ts';
import type { Directory } from '../directory/directory.ts';
import type { Elsewhere, Nowhere } from '../directory/whereabouts.ts';
import { count } from '../events/counters.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import { allowsBatch, isInitialize, isProbe, weightOf } from '../wire/body.ts';
import { parseEventId } from '../wire/eventId.ts';
import { answerFormOf, header, single } from '../wire/headers.ts';
import {
  isFollowUp,
  isRequest,
  type Message,
  type RequestId,
  type RequestMessage,
} from '../wire/jsonrpc.ts';
import { refusalBody, type RefusalCode, REFUSALS } from '../wire/refusals.ts';
import { isSupported } from '../wire/versions.ts';
import { countWaiting } from './countWaiting.ts';
import { Delivery } from './delivery.ts';
import { HttpExchange } from './httpExchange.ts';
import type { HttpOutlets } from './httpOutlets.ts';
import type { Incoming, Leg, LegHost } from './leg.ts';
import type { Resumption } from './outbox.ts';

type Whereabouts = SessionActor | Elsewhere | Nowhere;

/**
 * Serves the session era, up to revision 2025-11-25: POST, GET and DELETE of a session by its id.
 */
export class SessionLeg implements Leg {
  readonly #host: LegHost;
  readonly #directory: Directory;
  readonly #outlets: HttpOutlets;

  constructor(host: LegHost, directory: Directory, outlets: HttpOutlets) {
    this.#host = host;
    this.#directory = directory;
    this.#outlets = outlets;
  }

  serve(incoming: Incoming): true {
    this.#serve(incoming);
    return true;
  }

  #serve(incoming: Incoming): void {
    const { origin, parcel, port, upload } = incoming;
    if (parcel !== undefined && isInitialize(parcel)) return this.#initialize(incoming);
    const version = single(origin.head, 'mcp-protocol-version');
    if (version !== undefined && !isSupported(version)) {
      const isAsked = parcel !== undefined && isProbe(parcel);
      if (!isAsked) return this.#host.refuse(port, 'version-unsupported', idOf(incoming));
    }
    // The session was found when the head came, and is still there.
    const found = upload?.session;
    if (found !== undefined && this.#isServing(found)) {
      return this.#take(found, incoming);
    }
    const named = single(origin.head, 'mcp-session-id');
    if (named === undefined) return this.#host.refuse(port, 'session-missing', idOf(incoming));
    if (parcel?.messages.every(isFollowUp) === true) {
      const settling = this.#directory.settling(named, incoming.principal);
      if (settling !== undefined) return this.#post(settling, incoming);
    }
    this.#find(named, incoming, (where) => this.#route(where, incoming));
  }

  #isServing(found: SessionActor): boolean {
    if (found.arrival === 'refuse' || found.isDismissed) return false;
    return !this.#directory.isShared || this.#directory.isServing(found);
  }

  #find(named: string, incoming: Incoming, then: (where: Whereabouts) => void): void {
    const where = this.#directory.find(named, incoming.principal);
    if (isPromise(where)) void this.#await(where, named, incoming, then);
    else then(where);
  }

  async #await(
    promise: PromiseLike<Whereabouts>,
    named: string,
    incoming: Incoming,
    then: (where: Whereabouts) => void,
  ): Promise<void> {
    const end = countWaiting(this.#directory.services, incoming);
    if (end === undefined) return this.#host.refuse(incoming.port, 'session-busy', idOf(incoming));
    try {
      const where = await promise;
      end();
      // Other requests that waited for the session may have ended it.
      const isOver = where.at === 'here' && (where.arrival === 'refuse' || where.isDismissed);
      if (isOver) this.#find(named, incoming, then);
      else then(where);
    } catch (error) {
      this.#host.refuse(incoming.port, this.#host.failed(error), idOf(incoming));
    } finally {
      end();
    }
  }

  #route(where: Whereabouts, incoming: Incoming): void {
    const { port } = incoming;
    switch (where.at) {
      case 'here':
        return this.#take(where, incoming);
      case 'elsewhere':
        return where.serve(incoming, port);
      case 'nowhere': {
        const { refusal, reason } = where;
        const data = reason === undefined ? undefined : { reason };
        return this.#host.refuse(port, refusal, idOf(incoming), data);
      }
    }
  }

  #take(session: SessionActor, incoming: Incoming): void {
    const { origin, parcel, port, upload } = incoming;
    // What another process has let in was no upload of this one.
    if (upload !== undefined) session.persistence?.claim?.usedHere();
    if (parcel !== undefined) return this.#post(session, incoming);
    if (origin.head.method === 'DELETE') return this.#end(session, incoming);
    const last = single(origin.head, 'last-event-id');
    const outbox = this.#outlets.outboxOf(session);
    if (last === undefined) return this.#resumed(outbox.attach(port), incoming);
    const place = parseEventId(session.key, last);
    const resumption = place === undefined ? 'unknown' : outbox.resume(place, port);
    if (isPromise(resumption)) session.later(resumption, (late) => this.#resumed(late, incoming));
    else this.#resumed(resumption, incoming);
  }

  #resumed(resumption: Resumption, { port }: Incoming): void {
    if (resumption === 'unknown') this.#host.refuse(port, 'event-unknown');
    else if (resumption === 'taken') this.#host.refuse(port, 'stream-taken');
    // After a cancel, a client comes back for the stream; an empty answer tells it not to again.
    else if (resumption === 'over' && !port.gone) port.send(204, []);
  }

  /** Ends a session. Answered when the store has forgotten it: it must not come back (row S4). */
  #end(session: SessionActor, incoming: Incoming): void {
    const { port } = incoming;
    session.close('terminated');
    const { forgotten } = session;
    if (forgotten === null) return port.send(204, []);
    const outcome = forgotten.then(
      () => true,
      () => false,
    );
    session.later(outcome, (isForgotten) => {
      if (!isForgotten) this.#host.refuse(port, 'store-unavailable');
      // Another process had the session by then, and goes on with it: it ends there.
      else if (session.persistence?.isLost === true) this.#endElsewhere(session, incoming);
      else if (!port.gone) port.send(204, []);
    });
  }

  #endElsewhere({ id }: SessionActor, incoming: Incoming): void {
    this.#find(id, incoming, (where) => {
      const isOver = where.at === 'nowhere' && where.refusal === 'session-not-found';
      if (!isOver) this.#route(where, incoming);
      else if (!incoming.port.gone) incoming.port.send(204, []);
    });
  }

  #post(session: SessionActor, incoming: Incoming): void {
    const { origin, port } = incoming;
    const parcel = incoming.parcel!;
    const { messages, isBatch, bytes } = parcel;
    const { maxInFlight } = session.services.limits;
    if (isBatch && !allowsBatch(parcel, session.protocolVersion, maxInFlight)) {
      return this.#host.refuse(port, 'batch-not-allowed', idOf(incoming));
    }
    const upload = incoming.upload?.session === session ? incoming.upload.number : undefined;
    const asks: RequestId[] = [];
    for (const each of messages) if ('method' in each && 'id' in each) asks.push(each.id);
    const form = answerFormOf(header(origin.head, 'accept'));
    const exchange =
      asks.length === 0
        ? undefined
        : new HttpExchange(this.#outlets, session, port, asks, isBatch, form);
    const delivery = new Delivery(origin, session, exchange);
    for (const message of messages) {
      const weight = isBatch ? weightOf(message) : parcel.weight;
      const code = session.accept({ message, delivery, exchange, bytes, weight, upload });
      if (code === undefined) continue;
      if (exchange === undefined) {
        // A notification that meets a full queue is a dead letter, and does not change the status.
        if (code !== 'session-busy') return this.#host.refuse(port, code);
      } else if (isRequest(message)) {
        // A response that is a stream, or shared with others, has the refusal as an answer.
        const isAnswer = REFUSALS[code].status === 200 || exchange.isStream || messages.length > 1;
        const data = session.services.limitFor(code, session.principal);
        if (!isAnswer) return this.#host.refuse(port, code, message.id, data);
        count(session.services.counters.refusals, code);
        exchange.answer(refusalBody(code, message.id, data));
      }
    }
    // Notifications and responses are taken in and get no answer (row P5).
    if (exchange === undefined) return port.send(202, []);
    // The wait begins once all is admitted: until then, a refusal keeps its status.
    exchange.begin();
  }

  #initialize(incoming: Incoming): void {
    const named = single(incoming.origin.head, 'mcp-session-id');
    if (named === undefined) return this.#open(incoming);
    this.#find(named, incoming, (where) => {
      // A stale or foreign id is a fresh start (S5); that of the caller's live session is not (S6).
      const isFresh = where.at === 'nowhere' && where.refusal === 'session-not-found';
      if (isFresh) this.#open(incoming);
      else if (where.at === 'nowhere') this.#route(where, incoming);
      else this.#host.refuse(incoming.port, 'already-initialized', idOf(incoming));
    });
  }

  #open(incoming: Incoming): void {
    const waits = this.#directory.heldUp();
    if (waits === undefined) return this.#openNow(incoming);
    const end = countWaiting(this.#directory.services, incoming);
    if (end === undefined) return this.#host.refuse(incoming.port, 'session-busy', idOf(incoming));
    const go = (refusal?: RefusalCode): void => {
      end();
      if (refusal === undefined) this.#openNow(incoming);
      else this.#host.refuse(incoming.port, refusal, idOf(incoming));
    };
    waits
      .then(
        () => go(),
        () => go('store-unavailable'),
      )
      .catch((error: unknown) => go(this.#host.failed(error)));
  }

  #openNow(incoming: Incoming): void {
    const { origin, principal, port } = incoming;
    const { messages, bytes, weight } = incoming.parcel!;
    // `initialize` is the only message of its parcel, and a request.
    const message = messages[0] as RequestMessage;
    if (this.#directory.isTooLarge(message, bytes)) {
      return this.#host.refuse(port, 'body-too-large', message.id);
    }
    const session = this.#directory.open(principal, this.#outlets);
    if (typeof session === 'string') {
      const data = this.#directory.services.limitFor(session, principal);
      return this.#host.refuse(port, session, message.id, data);
    }
    const headers = ['Mcp-Session-Id', session.id];
    const form = answerFormOf(header(origin.head, 'accept'));
    const asks = [message.id];
    const exchange = new HttpExchange(this.#outlets, session, port, asks, false, form, headers);
    const delivery = new Delivery(origin, session, exchange);
    session.start({ message, delivery, exchange, bytes, weight });
  }
}

/** The id of the one request in a body, for the answer that refuses it. */
function idOf({ parcel }: Incoming): RequestId | undefined {
  const first: Message | undefined = parcel?.isBatch === false ? parcel.messages[0] : undefined;
  return first !== undefined && isRequest(first) ? first.id : undefined;
}

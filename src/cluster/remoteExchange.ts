import type { DeadlineQueue } from '../base/deadlines.ts';
import type { Timed } from '../base/timetable.ts';
import type { Forwarded } from '../directory/whereabouts.ts';
import { single } from '../wire/headers.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { type Asked, asksOf, isSure } from './asking.ts';
import { endWithErrors, refuseAll } from './clientErrors.ts';
import { ContinuedPort } from './continuedPort.ts';
import { bootOf, type Incarnation } from './engine.ts';
import type { ExchangeId, FrameOf } from './frame.ts';
import type { Echo } from './echo.ts';
import type { Lookout } from './lookout.ts';
import type { OwnerWatch, Watched } from './ownerWatch.ts';
import type { Patience } from './patience.ts';
import { Relay } from './relay.ts';
import type { OwnerFrame } from './remotePort.ts';
import type { RemoteNode } from './remoteNode.ts';
import { requestFrame, resumptionOf, type Terms } from './requestFrame.ts';

/** What an ingress says of an exchange after its `req`. */
type Untold = { readonly type: 'gone' } | { readonly type: 'taken'; readonly bytes: number };

/** How long an owner may take to begin, from when it is asked. */
const BEGIN_MS = 1000;
/** How long nothing is heard of a request before its owner is looked for again. */
export const SILENCE_MS = BEGIN_MS + 250;

/** What a remote exchange needs of all exchanges of its node. */
export interface RemoteExchangeHost {
  readonly node: RemoteNode;
  readonly echo: Echo;
  readonly lookout: Lookout;
  readonly watch: OwnerWatch;
  /** Exchanges whose owner has said nothing so far. */
  readonly silence: DeadlineQueue<RemoteExchange>;
  /** The response of a stream, for the next owner, who goes on with it. */
  continued(port: ResponsePort, asked: Forwarded): ResponsePort;
  /** A new id, by which the exchange hears from its owner, and no longer by the one before. */
  name(exchange: RemoteExchange, before: ExchangeId | undefined): ExchangeId;
  /** Bytes were given to the client, and its owner does not know of all that were taken. */
  given(exchange: RemoteExchange): void;
  /** Nothing more is asked of an owner. */
  settled(exchange: RemoteExchange): void;
  /** Nothing more is heard of an owner. */
  forget(exchange: RemoteExchange, id: ExchangeId): void;
}

/**
 * One request of a client whose session is at another node: `sent`, `acked` and open, over. Begun at
 * most once, wherever that is, unless it only reads; and answered once, whatever is lost.
 */
export class RemoteExchange implements Watched {
  readonly asked: Asked;
  readonly #host: RemoteExchangeHost;
  readonly #node: RemoteNode;
  readonly #port: ResponsePort;
  readonly #patience: Patience;
  readonly #relay: Relay;
  readonly #isSure: boolean;
  /** When the client's patience is over; `undefined` from the `ack` on. */
  #late: Timed | undefined;
  #state: 'sent' | 'seeking' | 'acked' | 'over' = 'seeking';
  #owner: Incarnation;
  #id: ExchangeId | undefined;
  /** An owner that knows the id may have begun. */
  #mayBeHeard = false;
  #generation = 0;
  /** Counts what is asked: the answer to an earlier question means nothing. */
  #turn = 0;
  /** The owner that was asked last has sent the request on. */
  #hasMoved = false;
  /** The response is somebody else's from here on. */
  #isHandedOver = false;

  constructor(asked: Asked, port: ResponsePort, patience: Patience, host: RemoteExchangeHost) {
    this.asked = asked;
    this.#port = port;
    this.#patience = patience;
    this.#host = host;
    this.#node = host.node;
    this.#owner = asked.owner;
    this.#isSure = isSure(asked.request);
    this.#relay = new Relay(port, single(asked.request.origin.head, 'last-event-id'));
  }

  begin(): void {
    this.#hurry();
    this.#sendTo(this.asked.owner, this.asked.takes);
    this.#port.whenGone(() => this.#clientGone());
  }

  /** Takes a frame with the exchange's id. */
  take(from: Incarnation, frame: OwnerFrame): void {
    // Another incarnation of the same process still knows what it has begun.
    if (bootOf(from) !== bootOf(this.#owner)) return;
    switch (frame.type) {
      case 'ack':
        return this.#begun(from);
      case 'nak':
        return this.#notBegun(frame);
      case 'lost':
        if (this.#state === 'acked') this.#lost();
        return;
      case 'send':
      case 'open':
      case 'more':
      case 'end':
      case 'cut': {
        if (this.#state === 'over' && !this.#relay.isDone) return;
        this.#begun(from);
        if (this.#relay.take(frame) === 'gap') return this.#gap();
        if (this.#relay.isDone && this.#state === 'acked') this.#settle();
        if (this.#relay.untold > 0) this.#host.given(this);
      }
    }
  }

  /** Nothing was heard within {@link SILENCE_MS}: it can not begin any more, or has begun. */
  silent(): void {
    if (this.#state === 'sent') void this.#seek();
  }

  /** Bytes of the answer that the owner does not know the client has taken. */
  get untold(): number {
    return this.#relay.untold;
  }

  /** Tells the owner what the client has taken. @param least bytes that are worth a frame */
  credit(least?: number): void {
    const bytes = this.#relay.credit(least);
    if (bytes !== undefined) this.#tell({ type: 'taken', bytes });
  }

  ownerGone(): void {
    if (this.#state === 'acked') this.#lost();
  }

  ownerLives(): void {
    // What was lost on the way is said again; an owner that has given the exchange up says so.
    if (this.#generation !== this.#node.mail.generation) void this.#ask();
  }

  /** The node leaves. */
  close(): void {
    if (this.#state === 'over') return;
    if (this.#state !== 'acked') return this.#fail('draining');
    this.#tell({ type: 'gone' });
    if (!this.#relay.isOpen || this.#relay.lastEvent.id === undefined) return this.#giveUp();
    // Its client comes back for the rest, by another node.
    this.#leave();
    this.#port.cut();
  }

  // ---- the way to an owner

  #sendTo(owner: Incarnation, takes: boolean): void {
    this.#owner = owner;
    this.#id = this.#host.name(this, this.#id);
    this.#hasMoved = false;
    this.#mayBeHeard = false;
    this.#generation = this.#node.mail.generation;
    this.#send(takes);
  }

  #send(takes = false): void {
    this.#state = 'sent';
    // Whoever is asked now may begin until the client's patience is over, and not after.
    if (this.#patience.deadline - this.#node.deadlines.now() < SILENCE_MS) return;
    this.#host.silence.arm(this);
    const { hasRoom } = this.#node;
    void this.#ask({ takes, hasRoom, until: this.#node.engineNow() + BEGIN_MS });
  }

  /** Asks the owner: to begin, or for what became of what it has begun. */
  async #ask(to?: Terms): Promise<void> {
    const { mail } = this.#node;
    const turn = ++this.#turn;
    const { generation } = mail;
    const wasHeard = this.#mayBeHeard;
    this.#mayBeHeard = true;
    const frame = requestFrame(this.asked, this.#id!, this.#isSure, to);
    const heard = await mail.post(this.#owner, frame);
    if (turn !== this.#turn) return;
    if (to === undefined) {
      if (heard !== undefined && heard > 0) this.#generation = generation;
    } else if (heard === 0 && this.#state === 'sent') {
      // Nobody has begun it, unless an earlier copy was heard.
      this.#mayBeHeard = wasHeard;
      this.#host.silence.disarm(this);
      void this.#seek(() => this.#host.lookout.next(this.asked, this.#owner));
    }
  }

  /** Finds who has the session now, and goes there. */
  async #seek(find = () => this.#host.lookout.find(this.asked)): Promise<void> {
    this.#state = 'seeking';
    const turn = ++this.#turn;
    const next = await find();
    if (turn !== this.#turn || this.#state !== 'seeking') return;
    if (next === undefined) return this.#pause(this.#node.beatMs);
    // It knows whether it has begun.
    if (next === this.#owner && this.#mayBeHeard) return this.#send();
    if (this.#mayBeHeard && !this.#isSure) {
      const hasHeard = await this.#host.echo.hear();
      if (turn !== this.#turn || this.#state !== 'seeking') return;
      // An ack that left would have been heard; and now nobody knows.
      if (this.#isUnknown) return this.#fail('session-moved');
      if (!hasHeard) return this.#pause(this.#node.beatMs);
    }
    this.#route(next);
  }

  /** It may have been accepted by an `ack` that was lost. */
  get #isUnknown(): boolean {
    return this.#mayBeHeard && this.#generation !== this.#node.mail.generation;
  }

  #pause(ms: number): void {
    this.#later(ms, () => void this.#seek());
  }

  #route(next: Incarnation | null): void {
    if (next !== null) return this.#sendTo(next, false);
    const giveBack = (): void => this.#handOver(this.asked.request, this.#port);
    // The pause behind a nak was the one for this way.
    if (this.#hasMoved) giveBack();
    else this.#moveOn(giveBack);
  }

  /** Goes another way after a pause, where the request has not gone too many ways. */
  #moveOn(go: () => void): void {
    this.#hasMoved = true;
    const pause = this.#patience.move();
    if (pause === undefined) return this.#fail('store-unavailable');
    if (pause === 0) return go();
    this.#later(pause, go);
  }

  #later(ms: number, go: () => void): void {
    const { deadlines } = this.#node;
    this.#state = 'seeking';
    const turn = ++this.#turn;
    deadlines.at(deadlines.now() + ms, () => {
      if (turn === this.#turn && this.#state === 'seeking') go();
    });
  }

  #notBegun({ why, owner }: FrameOf<'nak'>): void {
    if (this.#state === 'over' || this.#relay.isOpen) return;
    const { silence, watch } = this.#host;
    const { incarnation, beatMs } = this.#node;
    silence.disarm(this);
    watch.delete(this.#owner, this);
    // It stays refused under this id.
    this.#forget();
    this.#mayBeHeard = false;
    this.#hurry();
    if (why === 'busy') return this.#fail('session-busy');
    if (why === 'suspended') return this.#pause(beatMs);
    this.#moveOn(() => {
      const isOther = owner !== undefined && owner !== this.#owner && owner !== incarnation;
      if (isOther) this.#sendTo(owner, false);
      else void this.#seek();
    });
  }

  /** Waits for an `ack`, but not for ever. */
  #hurry(): void {
    this.#late ??= this.#node.deadlines.at(this.#patience.deadline, () => void this.#tooLate());
  }

  /** Nobody begins it from here on; whether somebody has is found out first. */
  async #tooLate(): Promise<void> {
    this.#state = 'seeking';
    const turn = ++this.#turn;
    const mayHaveBegun = this.#mayBeHeard && !this.#isSure;
    const hasHeard = !mayHaveBegun || (await this.#host.echo.hear());
    if (turn !== this.#turn || this.#state !== 'seeking') return;
    const isUnknown = mayHaveBegun && (!hasHeard || this.#isUnknown);
    this.#fail(isUnknown ? 'session-moved' : 'store-unavailable');
  }

  // ---- the way back

  #begun(by: Incarnation): void {
    if (this.#state === 'over') return;
    const { watch } = this.#host;
    if (this.#state !== 'acked') {
      this.#state = 'acked';
      this.#rest();
    } else if (by === this.#owner) return;
    watch.delete(this.#owner, this);
    this.#owner = by;
    watch.add(by, this);
  }

  /** Something of the answer is lost, and its owner lives. */
  #gap(): void {
    if (this.#state !== 'acked') return;
    this.#tell({ type: 'gone' });
    this.#lost();
  }

  /** The rest of the answer will not come by this way. */
  #lost(): void {
    const { id, isWithin } = this.#relay.lastEvent;
    if (this.#relay.isOpen && id !== undefined && !isWithin) {
      const { request } = this.asked;
      return this.#handOver(resumptionOf(request, id), this.#host.continued(this.#port, request));
    }
    if (this.#relay.isOpen || !this.#isSure) return this.#giveUp();
    this.#relay.reset();
    this.#host.watch.delete(this.#owner, this);
    this.#mayBeHeard = false;
    this.#hurry();
    this.#pause(0);
  }

  /** Says that nobody knows what became of the request. */
  #giveUp(): void {
    if (!this.#relay.isOpen) return this.#fail('session-moved');
    this.#leave();
    // A client that has half of an event takes what follows for the rest; it comes back by itself.
    if (this.#relay.lastEvent.isWithin) return this.#port.cut();
    const isTold = endWithErrors(this.#port, 'session-moved', this.asked.request);
    if (isTold) this.#node.refused('session-moved');
  }

  #fail(code: RefusalCode): void {
    this.#leave();
    // In the middle of a stream, its client is told something else.
    if (!(this.#port instanceof ContinuedPort)) this.#node.refused(code);
    refuseAll(this.#port, code, this.asked.request);
  }

  #handOver(request: Forwarded, port: ResponsePort): void {
    this.#isHandedOver = true;
    this.#leave();
    this.asked.again(request, port);
  }

  /** All has come. The owner hears of what the client takes until the client has all of it. */
  #settle(): void {
    this.#leave(this.#relay.untold > 0 && !this.#isHandedOver);
  }

  #leave(isRead = false): void {
    this.#state = 'over';
    this.#rest();
    this.#host.watch.delete(this.#owner, this);
    this.#host.settled(this);
    if (!isRead) this.#forget();
  }

  /** Waits for no owner to begin. */
  #rest(): void {
    this.#turn++;
    this.#host.silence.disarm(this);
    if (this.#late !== undefined) this.#node.deadlines.cancel(this.#late);
    this.#late = undefined;
  }

  #clientGone(): void {
    if (this.#isHandedOver) return;
    if (this.#relay.isDone) {
      this.credit(1);
      return this.#forget();
    }
    if (this.#state === 'over') return;
    // What is owed no answer is for the session, whether or not its client waits.
    const { parcel } = this.asked.request;
    const isMessage = parcel !== undefined && asksOf(this.asked.request).length === 0;
    if (isMessage && this.#state !== 'acked') return;
    this.#tell({ type: 'gone' });
    this.#leave();
  }

  #forget(): void {
    if (this.#id !== undefined) this.#host.forget(this, this.#id);
    this.#id = undefined;
  }

  /** Tells the owner, which knows nothing where the exchange has no id. */
  #tell(frame: Untold): void {
    if (this.#id === undefined) return;
    // A frame that is lost is made up for by the next of its kind, or by the owner's own look.
    void this.#node.mail.post(this.#owner, { ...frame, id: this.#id });
  }
}

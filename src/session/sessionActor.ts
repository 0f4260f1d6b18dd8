import type { SessionEffect } from '../../machines/step.ts';
import type { Overseer } from '../actor/actor.ts';
import { EFFECTS } from './effects.ts';
import type { SessionRecord } from '../store/record.ts';
import type { Rows } from '../store/record.ts';
import { SleepingActor } from './sleepingActor.ts';
import type { Carrier, RequestOutcome, Within } from '../events/events.ts';
import { runInSession, type SessionContext } from './context.ts';
import { ActorsError } from '../base/errors.ts';
import type { Extra, Outlet } from './exchange.ts';
import { Handshake } from './handshake.ts';
import type { HttpExchangeHost } from '../http/httpExchange.ts';
import { Incarnations } from './incarnations.ts';
import { Mailbox } from './mailbox.ts';
import { type Ask, type Envelope } from './envelope.ts';
import type { MailboxHost } from './mailbox.ts';
import { Outbox } from '../http/outbox.ts';
import type { OutboxHost } from '../http/outbox.ts';
import { Outgoing, type OutgoingHost } from './outgoing.ts';
import type { Question } from './questions.ts';
import { announceBegan, announceSettled, handleWithin } from './requestEvents.ts';
import { SessionHandle } from './sessionHandle.ts';
import { UnreadAnswers } from '../http/unread.ts';
import { Uploads } from './uploads.ts';
import {
  isRequest,
  isResponse,
  type Message,
  type NotificationMessage,
  type RequestId,
  type ResponseMessage,
} from '../wire/jsonrpc.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { ResponsePort } from '../wire/port.ts';
import { inOurEra } from '../wire/versions.ts';

/**
 * One session: an actor that owns an SDK server, its transport and a scoped state. Every message of
 * it, in and out, passes its mailbox.
 */
export class SessionActor
  extends SleepingActor
  implements MailboxHost, OutgoingHost, OutboxHost, HttpExchangeHost, SessionContext
{
  readonly mailbox: Mailbox;
  readonly outgoing: Outgoing;
  readonly handshake = new Handshake();
  readonly session: SessionHandle;
  readonly incarnations: Incarnations;
  readonly #outlet: Outlet | null;
  #outbox: Outbox | null = null;
  #locals: Map<unknown, unknown> | null = null;
  #uploads: Uploads | null = null;
  #isSettling = false;
  /** What those who wait are told when a crash ends it. */
  #crashCode: 'session-crashed' | 'server-unavailable' = 'session-crashed';
  #unread: UnreadAnswers | null = null;

  /**
   * @param outlet where the session's own words go; without one, an outbox of event streams
   * @param record of one that goes on from it
   */
  constructor(
    overseer: Overseer,
    id: string,
    principal: string | undefined,
    outlet?: Outlet,
    record?: SessionRecord,
  ) {
    super(overseer, id, principal, record);
    this.mailbox = new Mailbox(this);
    this.outgoing = new Outgoing(this);
    this.session = new SessionHandle(this);
    this.incarnations = new Incarnations(this);
    this.#outlet = outlet ?? null;
  }

  /** Starts the session with the `initialize` that asked for it. */
  start(first: Envelope): void {
    this.handshake.begin(first.message);
    this.mailbox.accept({ ...first, message: inOurEra(first.message) });
    this.begin(this.limits.sleep);
  }

  /** Goes on from its record. @param rows of its event streams */
  wakeFrom(record: SessionRecord, rows: Rows): void {
    const { migrate, deserialize, stateVersion } = this.limits;
    this.handshake.restore(record.handshake);
    this.incarnations.restore(record.epoch);
    this.state = deserialize === undefined ? record.state : deserialize(record.state);
    if (record.stateVersion !== stateVersion && migrate !== undefined) {
      this.state = migrate(this.state, record.stateVersion);
    }
    if (record.locals !== undefined) this.#locals = new Map(record.locals);
    this.keeping.restore(record);
    const { standalone } = record;
    if (standalone > 0 || this.sleepers.isDurable) this.outbox.restore(standalone, rows);
    this.recall(record.confirmed);
  }

  override crash(error: unknown): void {
    if (error instanceof ActorsError && error.code === 'start-failed') {
      this.#crashCode = 'server-unavailable';
    }
    super.crash(error);
  }

  get references(): number {
    return this.mailbox.references + this.outgoing.references;
  }

  get inFlight(): number {
    return this.mailbox.inFlight;
  }

  protected takeTouched(): boolean {
    return this.mailbox.takeTouched();
  }

  protected perform(effect: SessionEffect): void {
    EFFECTS[effect](this);
  }

  // ---- what the parts of a session ask of it

  get carrier(): Carrier {
    return this.#outlet?.carrier ?? 'http';
  }

  get outlet(): Outlet {
    return this.#outlet ?? this.outbox;
  }

  get openOutlet(): Outlet | null {
    return this.#outlet ?? this.#outbox;
  }

  /** Made when the first stream is: most sessions of a moment never have one. */
  get outbox(): Outbox {
    this.#outbox ??= new Outbox(this);
    return this.#outbox;
  }

  protected get self(): this {
    return this;
  }

  /** A session by HTTP has an id to come back with; one on a line ends with it. */
  get isStorable(): boolean {
    return this.#outlet === null;
  }

  get openStreams(): number {
    if (this.#outlet !== null) return Number(this.#outlet.isReachable);
    return this.#outbox?.live ?? 0;
  }

  get uploads(): Uploads | null {
    return this.#uploads;
  }

  /** The head of a POST is here, its body on its way. @returns its number, for `uploads.end` */
  upload(): number {
    this.#uploads ??= new Uploads(this.limits.maxInFlight, (cancel) => {
      this.journal.deadLetter('in', cancel, 'late');
    });
    return this.#uploads.begin();
  }

  get locals(): Map<unknown, unknown> {
    this.#locals ??= new Map();
    return this.#locals;
  }

  get openLocals(): ReadonlyMap<unknown, unknown> | null {
    return this.#locals;
  }

  get openOutbox(): Outbox | null {
    return this.#outbox;
  }

  /** Takes a message in; says why not. */
  accept(envelope: Envelope): RefusalCode | undefined {
    // What is answered without a server needs no place for one.
    const { message, exchange } = envelope;
    const needsPlace = this.isAsleep && !this.mailbox.isPing(message);
    const none = needsPlace ? this.takePlace() : undefined;
    if (none !== undefined) return this.mailbox.refuse(message, none);
    if (!this.isConfirmed) this.#confirm(message);
    const code = this.mailbox.accept(envelope);
    if (code === undefined && isRequest(message)) this.services.counters.calls++;
    if (code === undefined && exchange !== undefined && !exchange.isSettled) {
      this.services.slow.arm(exchange);
    }
    return code;
  }

  rouse(): void {
    this.tell({ type: 'message.arrived' });
  }

  deliver(message: Message, delivery?: Extra): void {
    if ('method' in message && message.method === 'notifications/initialized') {
      this.handshake.initialized = true;
    }
    const { current, wakeCount } = this.incarnations;
    // What came while its server was rebuilt was not heard when it came.
    if (wakeCount > 0 && !this.isConfirmed) this.#confirm(message);
    try {
      runInSession(current, () => current.deliver(message, delivery));
    } catch (error) {
      // Its own: by now there may be a successor, rebuilt for another error of the same message.
      current.crash(error);
    }
  }

  began(ask: Ask): void {
    if (this.services.events.watchesRequests) announceBegan(this, ask);
  }

  settled(ask: Ask, outcome: RequestOutcome, errorCode?: number): void {
    announceSettled(this, ask, outcome, errorCode);
  }

  deliverWithin(run: Within, message: Message, delivery: Extra | undefined): void {
    handleWithin(
      run,
      () => this.deliver(message, delivery),
      (error) => this.services.events.emit('observer.failed', { event: 'request.began', error }),
    );
  }

  asked(id: RequestId): string | undefined {
    return this.outgoing.asked(id);
  }

  receive(message: ResponseMessage | NotificationMessage): void {
    this.outgoing.receive(message);
  }

  answered(ask: Ask, response: ResponseMessage | undefined): void {
    if (ask.exchange.isSettled) this.services.slow.disarm(ask.exchange);
    this.outgoing.settled(ask);
    const { maxSubscriptionBytes } = this.limits;
    if (response !== undefined && !this.handshake.note(ask, response, maxSubscriptionBytes)) {
      this.journal.tripped('maxSubscriptionBytes');
    }
    if (ask.message.method !== 'initialize') return;
    const isRefused = response?.result === undefined;
    this.tell({ type: isRefused ? 'handshake.refused' : 'handshake.answered' });
  }

  notify(notification: NotificationMessage): boolean {
    if (this.snapshot.hasTag('ending') || this.isDismissed) {
      this.journal.deadLetter('out', notification, 'closed');
      return false;
    }
    return this.outgoing.tell(notification);
  }

  /** The server is connected: the session exists for those who watch. */
  announce(): void {
    const { events, principalKey } = this.services;
    events.emit('session.started', { session: this.key, principal: principalKey(this.principal) });
  }

  waitForStream(question: Question): void {
    this.services.unreached.arm(question);
  }

  stopWaiting(question: Question): void {
    this.services.unreached.disarm(question);
  }

  sent(port: ResponsePort): void {
    if (port.unread === 0) return;
    this.#unread ??= new UnreadAnswers(this.limits.maxUnreadBytes, () => {
      this.journal.tripped('maxUnreadBytes');
    });
    this.#unread.add(port);
  }

  streamsChanged(delta: 1 | -1): void {
    this.services.counters.streams += delta;
  }

  attachedChanged(attached: boolean): void {
    this.tell({ type: attached ? 'stream.attached' : 'stream.detached' });
    if (this.isAsleep) this.lookedAt(attached);
  }

  drained(): void {
    if (this.#isSettling && this.mailbox.references === 0) this.tell({ type: 'session.settled' });
  }

  rest(): void {
    if (this.#uploads?.isEmpty === true) this.#uploads = null;
    this.mailbox.rest();
    this.journal.rest();
    this.armIdle();
  }

  // ---- the machine's effects, by the names it gives them

  rebuild(): void {
    // Where it slept there is nobody to ask for a place but the one who woke it.
    this.services.handshake.arm(this);
    this.incarnations.rebuild();
  }

  abandon(): void {
    this.noteCrash();
    this.mailbox.cut('session-crashed', 'running', { reason: 'crashed' });
    void this.incarnations.release();
  }

  dispatchStash(): void {
    this.roused();
    if (this.isConfirmed) this.services.handshake.disarm(this);
    this.mailbox.dispatch();
  }

  /** The client has initialized; or it goes to work without a word of it, as some do (row L2). */
  #confirm(message: Message): void {
    const { arrival } = this;
    if (arrival === 'stash' || arrival === 'refuse' || isResponse(message)) return;
    const { method } = message;
    // Whoever comes back to a session that slept has had the answer to its `initialize`.
    const isWork = (this.isAsleep || isRequest(message)) && method !== 'ping';
    if (isWork || method === 'notifications/initialized')
      this.tell({ type: 'handshake.confirmed' });
  }

  confirmHandshake(): void {
    this.confirmed();
    this.stateChanged();
    this.outgoing.confirm();
  }

  settleWork(): void {
    this.forget();
    this.leave();
    this.openOutlet?.retire();
    // Where the client left, nobody waits for what is in flight.
    const which = this.reason === 'disconnected' ? 'all' : 'waiting';
    this.services.counters.cut += this.mailbox.cut('session-ended', which, { reason: this.reason });
    this.#isSettling = true;
    this.drained();
  }

  cut(): void {
    this.forget();
    this.leave();
    const { reason } = this;
    const code = reason === 'crashed' ? this.#crashCode : 'session-ended';
    const count = this.mailbox.cut(code, 'all', { reason });
    this.services.counters.cut += count;
    for (let i = 0; i < count; i++) this.journal.orphan('handler');
  }

  release(): void {
    try {
      this.outgoing.end();
      this.openOutlet?.close(this.reason);
    } finally {
      // Whatever a socket does on its way out: a session that is not released never ends.
      void this.#released().then(() => this.tell({ type: 'session.released' }));
    }
  }

  async #released(): Promise<void> {
    await this.incarnations.release();
    await this.handOver();
  }
}

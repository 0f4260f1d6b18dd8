import type { Awaitable } from '../base/awaitable.ts';
import { Actor, type Parent } from '../actor/actor.ts';
import type { Arrival } from '../../machines/session.ts';
import type { SessionEffect } from '../../machines/step.ts';
import { ActorsError } from '../base/errors.ts';
import type { Carrier, ClientName } from '../events/events.ts';
import type { Rows, SessionRecord } from '../store/record.ts';
import type { Message, NotificationMessage, ResponseMessage } from '../wire/jsonrpc.ts';
import type { SdkTransport } from '../wire/sdkTransport.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { inOurEra } from '../wire/versions.ts';
import type { Connection } from './connection.ts';
import { Dormancy } from './dormancy.ts';
import type { Ask, Envelope } from './envelope.ts';
import type { Extra, Outlet, Outlets } from './exchange.ts';
import { confirms, Handshake, HANDSHAKE_METHODS } from './handshake.ts';
import { Incarnations } from './incarnations.ts';
import { Mailbox } from './mailbox.ts';
import { Outgoing } from './outgoing.ts';
import { Persistence } from './persistence.ts';
import { isPlain, type Recorded, recordOf, stateOf } from './recordOf.ts';
import type { Woken } from './session.ts';
import { SessionHandle } from './sessionHandle.ts';
import { sleepCodeOf } from './sleepCode.ts';
import { Updates } from './updates.ts';
import type { UserActors } from './userActors.ts';
import type { World } from './world.ts';

/**
 * One MCP session: an actor that owns an SDK server, its transport and a scoped state. Every
 * message of the session, in and out, passes its mailbox.
 *
 * The session's parts know the actor by their own ports (`MailboxHost`, `DormancyHost`, …).
 */
export class SessionActor extends Actor {
  readonly world: World<SessionActor>;
  readonly mailbox: Mailbox;
  readonly outgoing: Outgoing;
  readonly handshake = new Handshake();
  readonly session: SessionHandle;
  readonly incarnations: Incarnations;
  /** Stores the session; `null` for a line, which has no record, and with a store in memory. */
  readonly persistence: Persistence | null;
  /** The value of the runtime's `state` option. */
  state: unknown;
  readonly outlets: Outlets<SessionActor>;
  /** Opened on first use: most short sessions never have an event stream. */
  #outlet: Outlet | null;
  #locals: Map<unknown, unknown> | null = null;
  #dormancy: Dormancy | null = null;
  #updates: Updates | null = null;
  #isDismissed = false;
  #isRecalled = false;
  /** What waiting callers are told when a crash ends the session. */
  crashCode: 'session-crashed' | 'server-unavailable' = 'session-crashed';

  /**
   * @param outlets makes the outlet of the session
   * @param record where the session goes on from one
   */
  constructor(
    world: World<SessionActor>,
    parent: Parent,
    id: string,
    principal: string | undefined,
    outlets: Outlets<SessionActor>,
    record?: SessionRecord,
  ) {
    super(parent, id, principal, record);
    this.world = world;
    this.mailbox = new Mailbox(this);
    this.outgoing = new Outgoing(this);
    this.session = new SessionHandle(this);
    this.incarnations = new Incarnations(this);
    this.outlets = outlets;
    const { keeper } = world;
    this.persistence = keeper.isDurable && outlets.hasId ? new Persistence(this, keeper) : null;
    // A line is there before its session; event streams come when the client asks for them.
    this.#outlet = outlets.hasId ? null : outlets.open(this);
  }

  /** Starts the session with the `initialize` that asked for it. */
  start(first: Envelope): void {
    this.handshake.begin(first.message);
    this.mailbox.accept({ ...first, message: inOurEra(first.message) });
    this.begin(this.world.settings.sleep);
  }

  /** Goes on from the session's record. @param rows the rows of its event streams */
  wakeFrom(record: SessionRecord, rows: Rows): void {
    this.handshake.restore(record.handshake);
    this.incarnations.restore(record.epoch);
    this.state = stateOf(record, this.world.settings);
    // What made the session worth a record is not known any more.
    this.#isRecalled = true;
    if (record.locals !== undefined) this.#locals = new Map(record.locals);
    this.dormancy.restore(record);
    this.persistence?.restore(record);
    this.world.actors.restore(this, record);
    const isOpen = record.standalone > 0 || this.persistence !== null;
    if (isOpen) this.#outlet = this.outlets.open(this, { sequence: record.standalone, rows });
    this.recall(record.confirmed);
  }

  protected perform(effect: SessionEffect): void {
    this.world.effects[effect](this);
  }

  /** Says that the session is in this process: one of the answers of `Directory.find`. */
  get at(): 'here' {
    return 'here';
  }

  override get references(): number {
    return this.mailbox.references + this.outgoing.references;
  }

  override get inFlight(): number {
    return this.mailbox.inFlight;
  }

  override get client(): ClientName | undefined {
    const info = this.handshake.clientInfo;
    return info && { name: info.name, version: info.version };
  }

  protected override takeTouched(): boolean {
    return this.mailbox.takeTouched();
  }

  override crash(error: unknown): void {
    const isAtStart = error instanceof ActorsError && error.code === 'start-failed';
    if (isAtStart) this.crashCode = 'server-unavailable';
    super.crash(error);
  }

  // ---- what is known of the session

  get protocolVersion(): string | undefined {
    return this.outlets.revision ?? this.handshake.protocolVersion;
  }

  /** What the session is of where no client named it; `undefined`: the protocol names the session. */
  get home(): string | undefined {
    return this.outlets.home;
  }

  get maxInFlight(): number {
    return this.outlets.maxInFlight ?? this.services.limits.maxInFlight;
  }

  /** Prepares a server of the session, before the server is connected. */
  attune(server: object, transport: SdkTransport): Awaitable<SdkTransport> {
    return this.outlets.attune?.(this, server, transport) ?? transport;
  }

  /** A server of the session has answered `initialize`. */
  greeted(result: Readonly<Record<string, unknown>>): void {
    this.outlets.greeted?.(this, result);
  }

  get isWorthKeeping(): boolean {
    return this.home === undefined || this.isTouched;
  }

  /** User code has put something into the session that is lost with it. */
  get isTouched(): boolean {
    const hasActed = this.userActors?.isTouched === true;
    const isUpdated = hasActed || this.#isRecalled || this.#updates !== null;
    return isUpdated || this.incarnations.current.owned > 0 || (this.#locals?.size ?? 0) > 0;
  }

  get epoch(): number {
    return this.incarnations.epoch;
  }

  get carrier(): Carrier {
    return this.outlets.carrier;
  }

  get outlet(): Outlet {
    this.#outlet ??= this.outlets.open(this);
    return this.#outlet;
  }

  get openOutlet(): Outlet | null {
    return this.#outlet;
  }

  get openLocals(): ReadonlyMap<unknown, unknown> | null {
    return this.#locals;
  }

  get openDormancy(): Dormancy | null {
    return this.#dormancy;
  }

  get locals(): Map<unknown, unknown> {
    this.#locals ??= new Map();
    return this.#locals;
  }

  // ---- actors of user code

  get userActors(): UserActors | undefined {
    return this.world.actors.of(this);
  }

  protected override get isAwaited(): boolean {
    return this.userActors?.dueAt !== undefined;
  }

  // ---- messages

  /** Takes a message in, or returns why the message is refused. */
  accept(envelope: Envelope): RefusalCode | undefined {
    const { message } = envelope;
    // A message that is answered without a server needs no place for one.
    const needsPlace = this.isAsleep && !this.mailbox.isPing(message);
    const none = needsPlace ? this.takePlace() : undefined;
    if (none !== undefined) return this.mailbox.refuse(message, none);
    if (!this.isConfirmed) this.#confirm(message);
    const code = this.mailbox.accept(envelope);
    const isCall = code === undefined && 'method' in message && 'id' in message;
    if (isCall) this.services.counters.calls++;
    return code;
  }

  activate(): Arrival {
    this.tell({ type: 'message.arrived' });
    return this.arrival;
  }

  deliver(message: Message, delivery?: Extra): void {
    if ('method' in message && message.method === 'notifications/initialized') {
      this.handshake.initialized = true;
    }
    // A confirmation that came while the server was built has not been heard yet.
    if (!this.isConfirmed) this.#confirm(message);
    if (this.world.lists?.answer(this, message) !== true)
      this.incarnations.deliver(message, delivery);
  }

  answered(ask: Ask, response: ResponseMessage | undefined): void {
    this.outgoing.settled(ask);
    const { method } = ask.message;
    if (!HANDSHAKE_METHODS.has(method)) return this.world.lists?.keep(this, ask, response);
    const { maxSubscriptionBytes } = this.services.limits;
    if (response !== undefined && !this.handshake.note(ask, response, maxSubscriptionBytes)) {
      this.journal.tripped('maxSubscriptionBytes');
    }
    if (method !== 'initialize') return;
    const result = response?.result;
    this.handshake.isAnswered = result !== undefined;
    if (result !== undefined) this.greeted(result);
    this.tell({ type: result === undefined ? 'handshake.refused' : 'handshake.answered' });
  }

  drained(): void {
    if (!this.snapshot.hasTag('ending') || this.mailbox.references > 0) return;
    this.tell({ type: 'session.settled' });
  }

  notify(notification: NotificationMessage): boolean {
    if (this.snapshot.hasTag('ending') || this.isDismissed) {
      this.journal.deadLetter('out', notification, 'closed');
      return false;
    }
    return this.outgoing.tell(notification);
  }

  attachedChanged(attached: boolean): void {
    this.tell({ type: attached ? 'stream.attached' : 'stream.detached' });
    if (!this.isAsleep) return;
    // The time of a sleeping session runs from when its last stream closes.
    this.dormancy.renew();
    this.stateChanged();
    // Not in the middle of the work that ended the stream.
    if (!attached) this.later(Promise.resolve(), () => this.passivate());
  }

  // ---- sleep, and what is stored

  /** A client can come back to the session by its id, so a record of the session is of use. */
  override get isStorable(): boolean {
    return this.outlets.hasId;
  }

  /** Made on first use: most sessions never sleep. */
  get dormancy(): Dormancy {
    const { keeper, settings } = this.world;
    this.#dormancy ??= new Dormancy(this, keeper, sleepCodeOf(this.session, settings));
    return this.#dormancy;
  }

  get isAsleep(): boolean {
    return this.snapshot.hasTag('asleep');
  }

  get isDozing(): boolean {
    return this.snapshot.hasTag('dozing');
  }

  get isPlain(): boolean {
    return isPlain(this, this.world);
  }

  /** Makes the record to be stored of the session now. */
  record(): Recorded {
    return recordOf(this, this.world);
  }

  get woken(): Woken | undefined {
    return this.#dormancy?.woken;
  }

  /** Resolves when the store has forgotten the ended session; `null` where it knew nothing. */
  get forgotten(): Promise<void> | null {
    return this.persistence?.forgotten ?? null;
  }

  /** Nothing in this process needs the actor: the session can go on as its record. */
  get canPassivate(): boolean {
    if (!this.isAsleep || !this.isStorable || this.holdsPlace) return false;
    if (this.#updates?.isEmpty === false || this.mailbox.isUploading) return false;
    return this.incarnations.isReleased && this.#outlet?.isFree !== false;
  }

  /** This actor has been replaced by its record: `Directory.find` gives the session's next one. */
  get isDismissed(): boolean {
    return this.#isDismissed;
  }

  /** The session's next actor in this process, where this actor has become a record. */
  get successor(): SessionActor | undefined {
    return this.#isDismissed ? this.world.home.successor(this) : undefined;
  }

  reach<T>(use: (there: SessionActor) => T, gone: () => Awaited<T>): Promise<Awaited<T>> {
    return this.world.home.reach(this, use, gone);
  }

  /** Changes the state. What `change` returns becomes the state; returning nothing keeps it. */
  update(change: (state: unknown) => unknown): Promise<unknown> {
    return (this.#updates ??= new Updates(this)).run(change);
  }

  /** What the store keeps of the session has changed: only a durable store needs to hear. */
  stateChanged(): void {
    this.persistence?.changed();
  }

  /** Stores the session now. `false`: the store failed, and the session goes on in memory. */
  async stored(): Promise<boolean> {
    return this.persistence === null || (await this.persistence.stored());
  }

  /** The session goes on as a record: this actor lets go of its deadlines and its outlet. */
  dismissed(): void {
    this.#isDismissed = true;
    this.disarm();
    this.#outlet?.close();
  }

  /** Another process goes on with the session: what is under way here gets an error each. */
  lose(): void {
    this.#isDismissed = true;
    this.disarm();
    this.close('replaced');
    // Nothing here may finish what the session goes on with elsewhere.
    this.tell({ type: 'deadline.passed' });
  }

  /** The session is in use: whatever was kept for its sleep is out of date. */
  activated(): void {
    this.#dormancy?.activated();
    this.persistence?.activated();
  }

  override checkQuiet(): void {
    if (!this.isAsleep) return super.checkQuiet();
    if (this.snapshot.context.attached) return;
    // A caller looked at the session while it slept.
    this.passivate();
    if (!this.#isDismissed) this.lifetimes.quiet.arm(this);
  }

  /** Activates an idle session. `false` where the session is ending or has no place. */
  wake(): boolean {
    if (this.snapshot.hasTag('ending')) return false;
    if (this.isAsleep && this.takePlace() !== undefined) return false;
    if (this.arrival === 'activate') this.activate();
    return true;
  }

  /** Lets a sleeping session leave this process, where nothing in this process needs its actor. */
  passivate(): void {
    this.world.home.passivate(this);
    // By then, writes still on their way to the store will have arrived.
    if (!this.#isDismissed && this.canPassivate) this.lifetimes.quiet.arm(this);
  }

  woke(connection: Connection, began: number): Promise<void> {
    return this.dormancy.woke(connection, this.epoch, began);
  }

  #confirm(message: Message): void {
    const isEarly = this.arrival === 'stash' || this.arrival === 'refuse';
    if (!isEarly && confirms(message, this.isAsleep)) this.tell({ type: 'handshake.confirmed' });
  }
}

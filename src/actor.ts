import { type Arrival, arrivalOf, type EndReason, type SessionEvent } from '../machines/session.ts';
import { firstStep, nextStep, type SessionSnapshot, type Step } from '../machines/step.ts';
import { EFFECTS } from './effects.ts';
import { runInSession, type SessionContext } from './context.ts';
import type { Extra, Outlet } from './exchange.ts';
import { Handshake } from './handshake.ts';
import type { HttpExchangeHost } from './httpExchange.ts';
import { Incarnations } from './incarnations.ts';
import { RestartIntensity } from './intensity.ts';
import { Journal } from './journal.ts';
import { type Ask, type Envelope, Mailbox, type MailboxHost } from './mailbox.ts';
import { Outbox, type OutboxHost } from './outbox.ts';
import { Outgoing, type OutgoingHost } from './outgoing.ts';
import type { Question } from './questions.ts';
import type { Services } from './services.ts';
import { SessionHandle } from './sessionHandle.ts';
import type { CountedState } from './stats.ts';
import type { Supervisor } from './supervisor.ts';
import { UnreadAnswers } from './unread.ts';
import type { Message, NotificationMessage, ResponseMessage } from './wire/jsonrpc.ts';
import type { RefusalCode } from './wire/refusals.ts';
import type { ResponsePort } from './wire/port.ts';

/**
 * One session: the machine that says where its life stands, and what that machine's effects act on.
 * Everything that happens to a session happens here, one thing at a time.
 */
export class SessionActor
  implements MailboxHost, OutgoingHost, OutboxHost, HttpExchangeHost, SessionContext
{
  readonly id: string;
  readonly key: string;
  readonly principal: string | undefined;
  readonly startedAt: number;
  readonly journal: Journal;
  readonly mailbox: Mailbox;
  readonly outgoing: Outgoing;
  readonly handshake = new Handshake();
  readonly session: SessionHandle;
  readonly incarnations: Incarnations;
  readonly services: Services;
  readonly #supervisor: Supervisor;
  #snapshot = firstStep(false).snapshot;
  /** Events told while a transition's effects run; `null` when none does. */
  #told: SessionEvent[] | null = null;
  readonly #outlet: Outlet | null;
  #outbox: Outbox | null = null;
  #locals: Map<object, unknown> | null = null;
  #state: CountedState | 'evicted' | 'new' = 'new';
  #intensity: RestartIntensity | null = null;
  #isSettling = false;
  #unread: UnreadAnswers | null = null;

  /** @param outlet where the session's own words go; without one, an outbox of event streams */
  constructor(
    supervisor: Supervisor,
    id: string,
    principal: string | undefined,
    outlet: Outlet | undefined,
  ) {
    this.#supervisor = supervisor;
    this.services = supervisor.services;
    this.id = id;
    this.key = this.services.digest(id);
    this.principal = principal;
    this.startedAt = this.now();
    this.journal = new Journal(this.services, this.key);
    this.mailbox = new Mailbox(this);
    this.outgoing = new Outgoing(this);
    this.session = new SessionHandle(this);
    this.incarnations = new Incarnations(this);
    this.#outlet = outlet ?? null;
  }

  /** Starts the machine: the factory runs. */
  start(first: Envelope): void {
    this.services.handshake.arm(this);
    this.mailbox.accept(first);
    this.#run(firstStep(false));
  }

  /** Tells the machine an edge. Events told by its effects wait until those have run. */
  tell(event: SessionEvent): void {
    if (this.#told !== null) this.#told.push(event);
    else this.#run(nextStep(this.#snapshot, event));
  }

  get snapshot(): SessionSnapshot {
    return this.#snapshot;
  }

  // ---- what the parts of a session ask of it

  get arrival(): Arrival {
    return arrivalOf(this.#snapshot);
  }

  get limits(): Services['settings'] {
    return this.services.settings;
  }

  get responseMode(): Services['settings']['responseMode'] {
    return this.services.settings.responseMode;
  }

  get keepAlive(): Services['keepAlive'] {
    return this.services.keepAlive;
  }

  get replayAge(): Services['replayAge'] {
    return this.services.replayAge;
  }

  get protocolVersion(): string | undefined {
    return this.handshake.protocolVersion;
  }

  get isConfirmed(): boolean {
    return this.#snapshot.context.confirmed;
  }

  get outlet(): Outlet {
    return this.#outlet ?? this.outbox;
  }

  /** Made when the first stream is: most sessions of a moment never have one. */
  get outbox(): Outbox {
    this.#outbox ??= new Outbox(this);
    return this.#outbox;
  }

  get locals(): Map<object, unknown> {
    this.#locals ??= new Map();
    return this.#locals;
  }

  now(): number {
    return this.services.settings.clock.now();
  }

  /** Takes a message in; says why not. */
  accept(envelope: Envelope): RefusalCode | undefined {
    this.confirm();
    const code = this.mailbox.accept(envelope);
    const { exchange } = envelope;
    if (code === undefined && exchange !== undefined && !exchange.isSettled) {
      this.services.counters.calls++;
      this.services.slow.arm(exchange);
    }
    return code;
  }

  /** The client has spoken after its `initialize` was answered. */
  confirm(): void {
    if (this.isConfirmed || this.arrival === 'stash') return;
    this.tell({ type: 'handshake.confirmed' });
  }

  rouse(): void {
    this.tell({ type: 'message.arrived' });
  }

  deliver(message: Message, delivery?: Extra): void {
    try {
      runInSession(this, () => this.incarnations.current.deliver(message, delivery));
    } catch (error) {
      this.crash(error);
    }
  }

  receive(message: ResponseMessage | NotificationMessage): void {
    this.outgoing.receive(message);
  }

  answered(ask: Ask, response: ResponseMessage | undefined): void {
    if (ask.exchange.isSettled) this.services.slow.disarm(ask.exchange);
    this.outgoing.settled(ask);
    if (response !== undefined) this.handshake.note(ask, response);
    if (ask.message.method !== 'initialize') return;
    const isRefused = response?.result === undefined;
    this.tell({ type: isRefused ? 'handshake.refused' : 'handshake.answered' });
  }

  notify(notification: NotificationMessage): boolean {
    if (this.snapshot.hasTag('ending')) {
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
  }

  drained(): void {
    if (this.#isSettling && this.mailbox.references === 0) this.tell({ type: 'session.settled' });
  }

  close(reason: EndReason): void {
    this.tell({ type: 'session.close', reason });
  }

  /**
   * Something of this session threw where nobody caught it. It ends, or is rebuilt, alone.
   */
  crash(error: unknown): void {
    const { snapshot } = this;
    if (snapshot.hasTag('ending')) {
      this.journal.orphan('handler', error);
      return;
    }
    const restart = !snapshot.hasTag('stash') && this.#mayRestart();
    this.services.counters.crashes++;
    this.services.events.emit('session.crashed', {
      session: this.key,
      error,
      restarted: restart,
    });
    this.tell({ type: 'session.crashed', restart });
  }

  /** Zero references for a moment: told to the machine, or looked for again (from the sweep). */
  lookForQuiet(): void {
    const isBusy = this.mailbox.takeTouched();
    if (isBusy || this.mailbox.references + this.outgoing.references > 0) {
      this.services.quiet.arm(this);
    } else {
      this.tell({ type: 'session.quiet' });
    }
  }

  // ---- the machine's effects, by the names it gives them

  rebuild(): void {
    this.services.handshake.arm(this);
    this.incarnations.rebuild();
  }

  abandon(): void {
    this.mailbox.cut('session-crashed', 'running', { reason: 'crashed' });
    void this.incarnations.release();
  }

  dispatchStash(): void {
    if (this.isConfirmed) this.services.handshake.disarm(this);
    this.mailbox.dispatch();
  }

  armIdle(): void {
    // Attached sessions stay: neither TTL nor capacity may find them in the queue.
    if (!this.snapshot.context.attached) this.services.idle.arm(this);
  }

  disarm(): void {
    this.services.quiet.disarm(this);
    this.services.idle.disarm(this);
    this.services.closing.disarm(this);
  }

  confirmHandshake(): void {
    this.services.handshake.disarm(this);
    this.#supervisor.confirmed();
    this.outgoing.confirm();
  }

  settleWork(): void {
    this.#supervisor.ending(this);
    this.services.handshake.disarm(this);
    // A drain has a deadline of its own, for all.
    if (this.#reason !== 'drained') this.services.closing.arm(this);
    (this.#outlet ?? this.#outbox)?.retire();
    // Where the client left, nobody waits for what is in flight.
    const which = this.#reason === 'disconnected' ? 'all' : 'waiting';
    this.mailbox.cut('session-ended', which, { reason: this.#reason });
    this.#isSettling = true;
    this.drained();
  }

  cut(): void {
    this.#supervisor.ending(this);
    this.services.handshake.disarm(this);
    const reason = this.#reason;
    const code = reason === 'crashed' ? 'session-crashed' : 'session-ended';
    const count = this.mailbox.cut(code, 'all', { reason });
    for (let i = 0; i < count; i++) this.journal.orphan('handler');
  }

  release(): void {
    this.outgoing.end();
    (this.#outlet ?? this.#outbox)?.close(this.#reason);
    void this.incarnations.release().then(() => this.tell({ type: 'session.released' }));
  }

  bury(): void {
    this.#supervisor.bury(this, this.#reason);
  }

  get #reason(): EndReason {
    return this.snapshot.context.reason ?? 'terminated';
  }

  #mayRestart(): boolean {
    this.#intensity ??= new RestartIntensity(this.services.settings.onCrash);
    return this.#intensity.allows(this.now());
  }

  /** Commits a step, runs its effects in order, then what they told the machine in turn. */
  #run(first: Step): void {
    const told: SessionEvent[] = [];
    this.#told = told;
    let step = first;
    for (;;) {
      this.#moved(step.snapshot);
      for (const effect of step.effects) {
        try {
          EFFECTS[effect](this);
        } catch (error) {
          this.crash(error);
        }
      }
      const event = told.shift();
      if (event === undefined) break;
      step = nextStep(this.#snapshot, event);
    }
    this.#told = null;
  }

  #moved(snapshot: SessionSnapshot): void {
    this.#snapshot = snapshot;
    const { value } = snapshot;
    const state = (typeof value === 'string' ? value : Object.keys(value)[0]) as
      | CountedState
      | 'evicted';
    const from = this.#state;
    if (state === from) return;
    this.#state = state;
    const { counters, events } = this.services;
    if (from !== 'evicted' && from !== 'new') counters.sessions[from]--;
    if (state !== 'evicted') counters.sessions[state]++;
    events.emit('session.transition', { session: this.key, from, to: state });
  }
}

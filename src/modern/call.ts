import {
  type CallEffect,
  type CallEvent,
  type CallSnapshot,
  type CallStep,
  FIRST_CALL_STEP,
} from '../../machines/call.ts';
import type { CallScope } from '../session/callScope.ts';
import type { Asked, Exchange } from '../session/exchange.ts';
import { answerFormOf, header } from '../wire/headers.ts';
import type { Implementation } from '../wire/implementation.ts';
import { type RequestId, type ResponseMessage } from '../wire/jsonrpc.ts';
import { refusal } from '../wire/refusals.ts';
import { deliver, refuse, resume, yieldPlace } from './asking.ts';
import type { Answers } from './calls.ts';
import type { CallShare } from './callShare.ts';
import { CallDelivery } from './delivery.ts';
import { Detached } from './detached.ts';
import { dress, dressResult, type Dressing } from './dress.ts';
import { type Capabilities, type ModernEnvelope, type Params, wantsLevel } from './envelope.ts';
import type { Home } from './home.ts';
import { Inputs } from './inputs.ts';
import type { InputRequest } from './ownRound.ts';
import { Reply } from './reply.ts';
import { errorOf } from './questionErrors.ts';
import type { CallOptions, Round } from './round.ts';
import { stepOf } from './stepOf.ts';
import type { Task } from './task.ts';

/**
 * One request of the stateless revision: to the session's mailbox an exchange, to the client a call
 * that may outlive the response which brought it.
 */
export class ModernCall implements Exchange, CallScope {
  readonly home: Home;
  readonly innerId: RequestId;
  readonly principal: string | undefined;
  readonly method: string;
  readonly params: Params | undefined;
  /** What the server behind is given with the request; `null` while nobody holds a line. */
  delivery: CallDelivery | null;
  readonly #requestState: string | undefined;
  readonly #share: CallShare<ModernCall>;
  #step: CallStep = FIRST_CALL_STEP;
  #envelope: ModernEnvelope;
  #wireId: RequestId;
  #reply: Reply | null;
  readonly #inputs: Inputs;
  #round = 0;
  #response: ResponseMessage | undefined;
  /** The answer as it leaves, where a client waits for it. */
  #dressed: { readonly status: number; readonly json: string } | null = null;
  #isAnswered = false;
  #task: Detached<ModernCall> | null = null;
  /** Told when the answers of the last round are with the handler, or never will be. */
  #delivered: (() => void) | null = null;
  readonly startedAt: number;

  constructor(home: Home, share: CallShare<ModernCall>, round: Round, options: CallOptions) {
    this.home = home;
    this.#share = share;
    this.innerId = options.innerId;
    this.principal = options.principal;
    this.delivery = new CallDelivery(round.incoming, home, this);
    this.#requestState = options.requestState;
    this.#inputs = new Inputs(options.given, options.isRerun);
    this.method = round.message.method;
    this.params = round.message.params;
    this.#envelope = round.envelope;
    this.#wireId = round.message.id;
    this.#reply = this.#replyOn(round);
    this.startedAt = share.services.clock.now();
    home.calls.add(this);
  }

  // ---- what handlers see of the call

  get clientInfo(): Implementation | undefined {
    return this.#envelope.clientInfo;
  }

  get clientCapabilities(): Capabilities {
    return this.#envelope.capabilities;
  }

  get level(): string | undefined {
    return this.#envelope.level;
  }

  get inputResponses(): Answers {
    return this.#inputs.given;
  }

  get requestState(): string | undefined {
    return this.#inputs.own === null ? this.#requestState : this.#inputs.own.requestState;
  }

  // ---- what watchers see

  get state(): string {
    return this.#step.path;
  }

  get #snapshot(): CallSnapshot {
    return this.#step.snapshot;
  }

  get round(): number {
    return this.#round;
  }

  /** The questions that wait, by their keys. */
  get inputRequests(): Record<string, InputRequest> {
    return this.#inputs.requests;
  }

  /** What the call holds while nobody holds its line, in bytes. */
  get bytes(): number {
    return this.#inputs.bytes;
  }

  get isParked(): boolean {
    return this.#snapshot.hasTag('parked');
  }

  // ---- as the exchange of the session's mailbox

  get isSettled(): boolean {
    return this.#isAnswered;
  }

  get reach(): Exchange['reach'] {
    return this.#reply === null ? 'none' : 'live';
  }

  goesOn(response: ResponseMessage): boolean {
    return this.#task?.goesOn(response) === true;
  }

  encode(response: ResponseMessage): string {
    const finished = this.#share.finished(this, response);
    this.#response = finished;
    this.#task?.settled(finished);
    if (this.#reply === null) return JSON.stringify(finished);
    this.#dressed = this.#dress(finished);
    return this.#dressed.json;
  }

  answer(): boolean {
    this.#isAnswered = true;
    const isRead = this.#reply === null || !this.#reply.isGone;
    this.on({ type: 'call.answered' });
    return isRead;
  }

  tell(json: string): boolean {
    const { method, params } = JSON.parse(json) as { method: string; params?: Params };
    // The answers to withdrawn questions are of no use to this client.
    if (method === 'notifications/cancelled') return true;
    if (method === 'notifications/message' && !wantsLevel(this.#envelope, params?.['level']))
      return true;
    if (this.#reply === null) return this.#task?.tell(method, params ?? {}) === true;
    return this.#reply.tell(json);
  }

  cancelled(): void {
    this.#isAnswered = true;
    this.on({ type: 'call.withdrawn' });
  }

  ask(asked: Asked): void {
    if (this.#round >= this.#share.settings.limits.maxRounds) {
      this.#share.services.tripped('maxRounds', this.home.session.key);
      return asked.fail(errorOf('too-many-parked'));
    }
    const given = this.#inputs.ask(asked, this.clientCapabilities);
    if (given === 'asked') this.on({ type: 'question.asked' });
    else if (given !== 'failed') deliver(this, asked.wireId, given);
  }

  unask(wireId: RequestId): void {
    this.#inputs.withdraw(wireId);
  }

  // ---- the life of the call

  /** The response turns into an event stream, because the call lasts. */
  upgrade(): void {
    this.#reply?.open();
  }

  /**
   * The client has come back with answers, and waits for what becomes of the call.
   *
   * @param delivered told when the handler has the answers, or never will
   */
  claimed(round: Round, answers: unknown, delivered: () => void): void {
    this.#delivered = delivered;
    this.#envelope = round.envelope;
    this.#wireId = round.message.id;
    this.delivery = new CallDelivery(round.incoming, this.home, this);
    this.#reply = this.#replyOn(round);
    this.#round++;
    this.on({ type: 'retry.claimed' });
    if (!this.#snapshot.hasTag('attached')) return;
    this.#inputs.accept(answers);
    if (this.#inputs.size > 0) {
      // What is still open is asked again, before the handler has its place back: where there is room
      // for the answers that wait for that.
      this.on({ type: 'question.asked' });
      return this.#turned();
    }
    this.#reply?.begin();
    resume(this, () => this.#deliverAll());
  }

  /** The home ends: a call that nobody waits for ends with it, others may finish. */
  retire(): void {
    if (this.isParked && !this.#isAnswered) this.on({ type: 'call.withdrawn' });
  }

  /** A client holds the line for the answer. */
  get isWaited(): boolean {
    return this.#snapshot.hasTag('attached') && this.#reply?.isGone === false;
  }

  /** The call lasts: from here on it is a task. */
  become(task: Task<ModernCall>): void {
    this.#task = new Detached(task, this, this.#inputs, this.#share);
    this.on({ type: 'call.detached' });
  }

  /** The client of a task answers questions of its handler. */
  answered(answers: unknown): void {
    this.#inputs.accept(answers);
    resume(this, () => {
      this.#deliverAll();
      this.#task?.goOn();
      yieldPlace(this, this.#inputs);
    });
    this.on({ type: 'question.answered', open: this.#inputs.size > 0 });
  }

  /** The client of a task does not want it any more. */
  withdraw(): void {
    if (this.#task?.isFinished !== false) return;
    this.#task.cancelled();
    this.on({ type: 'call.withdrawn' });
  }

  /** Nobody came back in time, or can any more. */
  expire(): void {
    this.on({ type: 'deadline.passed' });
  }

  /** The home did not take the call: somebody else answers. */
  refused(): void {
    this.#reply = null;
    this.#forget();
  }

  on(event: CallEvent): void {
    this.#step = stepOf(this, this.#step, event, this.#share.services);
    for (const effect of this.#step.effects) this.#perform(effect);
  }

  /** Does what the machine names; whoever claims the call has attached the response by then. */
  #perform(effect: CallEffect): void {
    if (effect === 'gather') this.#share.nextTurn(() => this.#turned());
    else if (effect === 'park') this.#park();
    else if (effect === 'reply') this.#answerNow();
    else if (effect === 'keep') this.#keep();
    else if (effect === 'createTask') this.#createTask();
    else if (effect === 'tellTask') this.#tellTask();
    else if (effect === 'abort') this.#abort();
    else if (effect === 'disarm') this.#share.calls.leave(this);
    else if (effect === 'forget') this.#forget();
    else effect satisfies 'attach';
  }

  // ---- asking

  #turned(): void {
    if (!this.#step.path.endsWith('.gathering')) return;
    // All were withdrawn in the turn they were asked in.
    if (this.#inputs.size === 0) return this.on({ type: 'questions.dropped' });
    const hasRoom = this.#task !== null || this.#share.calls.hasRoom(this);
    if (hasRoom) return this.on({ type: 'turn.over' });
    const open = this.#inputs.drop();
    this.on({ type: 'questions.dropped' });
    resume(this, () => refuse(open, 'too-many-parked'));
  }

  #createTask(): void {
    const result = dressResult(this.#task!.created(), this.#dressing);
    this.#respond(200, JSON.stringify({ jsonrpc: '2.0', id: this.#wireId, result }));
    if (this.#inputs.size > 0) this.on({ type: 'question.asked' });
  }

  #tellTask(): void {
    this.#task!.changed();
    yieldPlace(this, this.#inputs);
  }

  #park(): void {
    this.delivery = null;
    this.#delivered?.();
    const requestState = this.#share.calls.park(this, this.#inputs.had);
    const inputRequests = this.#inputs.requests;
    const result = { resultType: 'input_required', inputRequests, requestState };
    this.#respond(200, JSON.stringify({ jsonrpc: '2.0', id: this.#wireId, result }));
    yieldPlace(this, this.#inputs);
  }

  /** The answer stays until the client comes back for it, where there is room for it. */
  #keep(): void {
    if (!this.#share.calls.keeps(this, JSON.stringify(this.#response).length)) {
      this.#response = refusal('call-lost', this.#wireId);
    }
    this.#leave();
  }

  #deliverAll(): void {
    for (const { wireId, result } of this.#inputs.take()) deliver(this, wireId, result);
    this.#delivered?.();
  }

  // ---- answering

  #replyOn({ incoming: { origin, port } }: Round): Reply {
    const form = answerFormOf(header(origin.head, 'accept')) ?? 'either';
    const reply = new Reply(port, this.home, this.#share, this, form);
    port.whenGone(() => {
      if (this.#reply === reply) this.on({ type: 'client.gone' });
    });
    return reply;
  }

  /** Waits for the answer: what lasts becomes a stream. */
  begin(): void {
    this.#reply?.begin();
  }

  #answerNow(): void {
    const { status, json } = this.#dressed ?? this.#dress(this.#response!);
    this.#respond(status, json);
  }

  #dress(response: ResponseMessage): { readonly status: number; readonly json: string } {
    const { status, message } = dress(response, this.#dressing);
    return { status, json: JSON.stringify(message) };
  }

  get #dressing(): Dressing {
    return {
      id: this.#wireId,
      method: this.method,
      params: this.params,
      serverInfo: this.home.said?.serverInfo,
      cache: this.#share.settings.cache,
      missing: this.#inputs.missing,
    };
  }

  #respond(status: number, json: string): void {
    const reply = this.#reply;
    this.#reply = null;
    reply?.send(status, json);
  }

  #abort(): void {
    const reply = this.#reply;
    this.#reply = null;
    if (!this.#isAnswered) this.home.session.mailbox.withdraw(this.innerId);
    reply?.end();
  }

  #forget(): void {
    this.#share.tasks?.unwatch(this);
    this.#delivered?.();
    this.#leave();
  }

  /** Nothing of the call needs its home any more. */
  #leave(): void {
    // What is still open would keep the home's session in use.
    refuse(this.#inputs.drop(), 'call-lost');
    this.home.calls.delete(this);
    this.home.left();
  }
}

import type { SessionEffect } from '../../machines/step.ts';
import { Actor, type Parent } from '../actor/actor.ts';
import { type Effects, PLAIN_EFFECTS } from '../actor/effects.ts';
import { ActorsError } from '../base/errors.ts';
import { RpcLog } from './rpcLog.ts';
import { Feed } from './feed.ts';
import type { HostServices } from './hostServices.ts';
import { Incarnation } from './incarnation.ts';
import { HostScope, type HostScopeHost } from './hostScope.ts';
import { type AskOptions, Inbox } from './inbox.ts';
import { OpenScope } from './openScope.ts';

/** Kinds of events that only the scope itself tells, and those every `EventSource` has already. */
const RESERVED: ReadonlySet<string> = new Set([
  'rpc',
  'progress',
  'question',
  'question.closed',
  'questions',
  'client.lost',
  'missed',
  'ended',
  'open',
  'error',
]);

/**
 * One user, tenant or browser session of a host application: an actor that opens MCP clients when
 * the first work asks for them, owns these clients, and tells what they ask and say to this scope
 * alone.
 */
export class ScopeActor extends Actor implements HostScopeHost {
  readonly feed: Feed;
  readonly inbox: Inbox;
  readonly rpcLog: RpcLog;
  readonly scope: HostScope = new HostScope(this);
  readonly #host: HostServices;
  readonly #onGone: (actor: ScopeActor) => void;
  #incarnation: Incarnation | null = null;
  #running = 0;
  #isTouched = false;
  #crashedBy: unknown;

  /** @param onGone told when the scope has left the directory */
  constructor(
    parent: Parent,
    host: HostServices,
    id: string,
    principal: string | undefined,
    onGone: (actor: ScopeActor) => void,
  ) {
    super(parent, id, principal);
    this.#host = host;
    this.#onGone = onGone;
    this.feed = new Feed(this, host);
    this.inbox = new Inbox(this, host.limits, host.unanswered);
    this.rpcLog = new RpcLog(this, this.feed);
  }

  /** @param error what the scope's callers find as the cause */
  override crash(error: unknown): void {
    this.#crashedBy = error;
    super.crash(error);
    this.#crashedBy = undefined;
  }

  start(): void {
    this.begin(false);
    this.announce();
  }

  override get references(): number {
    return this.#running + this.inbox.size;
  }

  override get inFlight(): number {
    return this.#running;
  }

  protected override takeTouched(): boolean {
    const touched = this.#isTouched;
    this.#isTouched = false;
    return touched;
  }

  /** Counts as activity: a request has come for this scope, or a question needs its user. */
  touch(): void {
    this.#isTouched = true;
    if (this.arrival === 'activate') this.tell({ type: 'message.arrived' });
  }

  /** Runs work that pins the scope, with what `open` makes: opened once for all work that asks. */
  async run<T>(work: (resource: unknown, signal: AbortSignal) => T | Promise<T>): Promise<T> {
    if (this.snapshot.hasTag('ending')) throw over();
    const { maxInFlight } = this.services.limits;
    if (this.#running >= maxInFlight) {
      this.journal.tripped('maxInFlight');
      throw new ActorsError('scope-busy', `a scope runs at most ${maxInFlight} calls at once`);
    }
    if (this.principalAccount.work >= this.principalAccount.maxWork) {
      this.journal.tripped('maxInFlightPerPrincipal');
      throw new ActorsError('scope-busy', 'the scopes of a principal run no more calls at once');
    }
    this.touch();
    this.#running++;
    this.principalAccount.work++;
    this.services.counters.calls++;
    this.journal.high('inFlight', this.#running);
    try {
      return await this.#hold().run(work);
    } finally {
      this.#running--;
      this.principalAccount.work--;
      this.#drained();
    }
  }

  /**
   * Asks the person behind this scope and waits for the answer; an open question pins the scope.
   *
   * @param incarnation the question is given up when this incarnation is released
   */
  async ask<T>(
    kind: string,
    params: unknown,
    options: AskOptions<T>,
    incarnation?: Incarnation,
  ): Promise<T> {
    incarnation?.signal.throwIfAborted();
    const { question, answer, giveUp } = this.inbox.ask(kind, params, options);
    const stopWatching = incarnation?.watch(giveUp);
    this.touch();
    this.feed.publish('question', question);
    try {
      return await answer;
    } finally {
      stopWatching?.();
      this.feed.publish('question.closed', { id: question.id });
    }
  }

  /** Tells an event of the application. @throws ActorsError `bad-option` for a reserved kind */
  publish(kind: string, data: unknown): void {
    if (RESERVED.has(kind)) throw new ActorsError('bad-option', `kind must not be '${kind}'`);
    this.feed.publish(kind, data);
  }

  protected perform(effect: SessionEffect): void {
    SCOPE_EFFECTS[effect](this);
  }

  abandon(): void {
    this.later(this.#release(over('the scope crashed', this.#crashedBy)), () => {});
  }

  settle(): void {
    this.leave();
    // A request that could answer a question is refused from here on.
    this.inbox.close();
    this.#drained();
  }

  cut(): void {
    this.leave();
    this.services.counters.cut += this.#running;
    for (let i = 0; i < this.#running; i++) this.journal.orphan('handler');
  }

  release(): void {
    this.inbox.close();
    this.feed.close(this.reason);
    this.later(this.#release(over(undefined, this.#crashedBy)), () =>
      this.tell({ type: 'session.released' }),
    );
  }

  override bury(): void {
    this.#onGone(this);
    super.bury();
  }

  #hold(): Incarnation {
    if (this.#incarnation !== null) return this.#incarnation;
    const { open, opening } = this.#host;
    const incarnation = new Incarnation();
    this.#incarnation = incarnation;
    // What a failed attempt owned is released now; the next caller opens anew.
    const fail = (error: Error): void => this.later(this.#release(error, incarnation), () => {});
    const late = (): void => fail(new ActorsError('timed-out', 'open took too long'));
    opening.arm(late);
    const opened = incarnation.begin(() => open(new OpenScope(this, incarnation)));
    opened.catch(fail).finally(() => opening.disarm(late));
    return incarnation;
  }

  async #release(error: Error, incarnation = this.#incarnation): Promise<void> {
    if (this.#incarnation === incarnation) this.#incarnation = null;
    await incarnation?.release(error, this.lifetimes.wait, (failure) => {
      this.journal.orphan('resource', failure);
    });
  }

  #drained(): void {
    if (this.snapshot.hasTag('ending') && this.#running === 0)
      this.tell({ type: 'session.settled' });
  }
}

/**
 * Effects of a scope's machine. A scope has no server to greet and no record to sleep by: its
 * clients are opened when work asks for them.
 */
const SCOPE_EFFECTS: Effects<ScopeActor> = {
  ...PLAIN_EFFECTS,

  rebuild(scope) {
    scope.services.counters.restarts++;
    scope.tell({ type: 'session.woken' });
  },

  abandon: (scope) => scope.abandon(),
  armEvict: (scope) => scope.armIdle(),
  settle: (scope) => scope.settle(),
  cut: (scope) => scope.cut(),
  release: (scope) => scope.release(),
};

function over(message = 'the scope has ended', cause?: unknown): ActorsError {
  return new ActorsError('session-over', message, { cause });
}

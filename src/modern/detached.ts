import type { CallEvent } from '../../machines/call.ts';
import type { Extra } from '../session/exchange.ts';
import type { RequestId, RequestMessage, ResponseMessage } from '../wire/jsonrpc.ts';
import { refusal } from '../wire/refusals.ts';
import type { CallShare } from './callShare.ts';
import type { Parkable } from './calls.ts';
import type { Params } from './envelope.ts';
import type { Inputs } from './inputs.ts';
import { asksItself } from './ownRound.ts';
import type { Task, TaskCall } from './task.ts';

/** A call, as the part of it uses the call that is a task. */
export interface DetachedHost extends Parkable, TaskCall {
  readonly innerId: RequestId;
  readonly home: Parkable['home'] &
    TaskCall['home'] & {
      readonly session: {
        readonly mailbox: {
          find(innerId: RequestId): { readonly message: RequestMessage } | undefined;
        };
        deliver(message: RequestMessage, delivery: Extra): void;
      };
    };
  /** What the call is delivered with. */
  readonly delivery: Extra | null;
  on(event: CallEvent): void;
}

/** The part of a call that is a task: its client has a task for an answer, and its handler runs. */
export class Detached<C extends DetachedHost> {
  readonly #task: Task<C>;
  readonly #call: C;
  readonly #inputs: Inputs;
  readonly #share: CallShare<C>;

  constructor(task: Task<C>, call: C, inputs: Inputs, share: CallShare<C>) {
    this.#task = task;
    this.#call = call;
    this.#inputs = inputs;
    this.#share = share;
  }

  get isFinished(): boolean {
    return this.#task.isFinished;
  }

  /** The client is told of the task. @returns what it is told */
  created(): Params {
    this.#share.tasks!.begun(this.#task);
    return { ...this.#task.summary, resultType: 'task' };
  }

  /** The task is over, or waits for something else than before. */
  changed(): void {
    this.#share.tasks!.went(this.#task, this.#inputs.size > 0);
  }

  /** What the handler says before its answer. `false`: nobody will ever hear of that. */
  tell(method: string, params: Params): boolean {
    if (method !== 'notifications/progress') return false;
    this.#share.tasks!.progressed(this.#task, params);
    return true;
  }

  cancelled(): void {
    this.#task.status = 'cancelled';
  }

  /** The task has its outcome. A handler that only asks, and does not end, has failed. */
  settled(response: ResponseMessage): void {
    const isStuck = asksItself(response);
    this.#task.settled(isStuck ? refusal('too-many-parked', this.#call.innerId) : response);
  }

  /**
   * The handler has answered: by asking, in which case it runs again when its client has answered.
   * `false`: that was the outcome.
   */
  goesOn(response: ResponseMessage): boolean {
    if (!asksItself(response)) return false;
    const { services, settings } = this.#share;
    if (this.#inputs.rounds >= settings.limits.maxRounds) {
      services.tripped('maxRounds', this.#call.home.session.key);
      return false;
    }
    this.#inputs.begin(response.result ?? {});
    if (this.#inputs.size > 0) this.#call.on({ type: 'question.asked' });
    else this.#share.nextTurn(() => this.goOn());
    return true;
  }

  /** Has the handler run again, where all that it has asked itself is answered. */
  goOn(): void {
    if (!this.#inputs.takeRound()) return;
    const { delivery, home, innerId } = this.#call;
    // The call may have ended in the meantime.
    const ask = home.session.mailbox.find(innerId);
    if (ask !== undefined && delivery !== null) home.session.deliver(ask.message, delivery);
  }
}

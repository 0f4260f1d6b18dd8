import { isoTime } from '../base/clock.ts';
import { cut } from '../base/cut.ts';
import type { ResponseMessage } from '../wire/jsonrpc.ts';
import { refusal } from '../wire/refusals.ts';
import type { CallView, ViewedCall } from './callView.ts';
import type { Params } from './envelope.ts';
import type { TaskSettings } from './taskOptions.ts';

/** How far a task is. A closed set of the protocol. */
export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** A call that is a task. */
export interface TaskCall extends ViewedCall {
  readonly home: {
    readonly session: {
      readonly key: string;
      /** Goes on when a promise is fulfilled; what throws then is a crash of the session. */
      later<T>(promise: Promise<T>, go: (value: T) => void): void;
    };
  };
  /** A client holds the line for the answer. */
  readonly isWaited: boolean;
  /** The call goes on as a task. */
  become(task: Task): void;
  /** The client answers questions of the handler. */
  answered(answers: unknown): void;
  /** The client does not want the task any more. */
  withdraw(): void;
  /** The task has become too old. */
  expire(): void;
}

const FINISHED: ReadonlySet<TaskStatus> = new Set(['completed', 'failed', 'cancelled']);
/** A status message follows the handler's progress no faster. */
const MESSAGE_MS = 1000;
/** Longest status message, in characters. */
const MAX_MESSAGE = 1024;
/** What a finished task takes besides its outcome. */
const TASK_BYTES = 1024;

/** What a durable store keeps of a task. */
export interface Kept {
  readonly view: CallView;
  readonly updatedAt: number;
  readonly status: TaskStatus;
  readonly message: string | undefined;
  readonly response: ResponseMessage | undefined;
}

/** Whether nothing more becomes of what is kept. */
export function isOver({ status }: Kept): boolean {
  return FINISHED.has(status);
}

/** What is known of a task from its beginning. */
export interface Begun {
  readonly id: string;
  readonly principal: string | undefined;
  readonly createdAt: number;
  readonly view: CallView;
}

/** One task: what its client sees of a call that outlives its response. @template C the call */
export class Task<C extends TaskCall = TaskCall> {
  readonly id: string;
  readonly principal: string | undefined;
  /** The session's name in events and logs. */
  readonly session: string;
  /** What is left for watchers when the call is over. */
  readonly view: CallView;
  /** The call; `null` once it is over: a finished task holds nothing but its outcome. */
  call: C | null;
  readonly createdAt: number;
  updatedAt: number;
  status: TaskStatus = 'working';
  /** The client was told of the task: before, the call may still stay a call. */
  isBegun = false;
  /** The outcome is on its way to a durable store; nobody is told of the outcome before. */
  storing: Promise<unknown> | null = null;
  message: string | undefined;
  #response: ResponseMessage | undefined;
  #messageAt = -Infinity;
  readonly #settings: TaskSettings;

  /** @param call `null` for a task of an earlier process */
  constructor({ id, principal, createdAt, view }: Begun, call: C | null, settings: TaskSettings) {
    this.id = id;
    this.call = call;
    this.principal = principal;
    this.session = view.session;
    this.view = view;
    this.createdAt = createdAt;
    this.updatedAt = createdAt;
    this.#settings = settings;
  }

  /** Goes on from a record. A task that its process has not finished is nobody's any more. */
  restore(kept: Kept): void {
    const { updatedAt, status, message, response } = kept;
    const isFinished = isOver(kept);
    this.updatedAt = updatedAt;
    this.message = message;
    this.status = isFinished ? status : 'failed';
    this.#response = isFinished ? response : refusal('session-restarted', 0);
  }

  /** What a durable store keeps of the task. */
  get kept(): Kept {
    const { view, updatedAt, status, message } = this;
    return { view, updatedAt, status, message, response: this.#response };
  }

  /** When the task is forgotten, in milliseconds since the epoch. */
  get expiresAt(): number {
    return this.createdAt + this.#settings.ttlMs;
  }

  get isFinished(): boolean {
    return FINISHED.has(this.status);
  }

  /** What a finished task takes in memory, in bytes. */
  get bytes(): number {
    return TASK_BYTES + JSON.stringify(this.#response ?? null).length;
  }

  /** The task as it is told wherever it is told. */
  get summary(): Params {
    return {
      taskId: this.id,
      status: this.status,
      ...(this.message !== undefined && { statusMessage: this.message }),
      createdAt: isoTime(this.createdAt),
      lastUpdatedAt: isoTime(this.updatedAt),
      ttlMs: this.#settings.ttlMs,
      pollIntervalMs: this.#settings.pollMs,
    };
  }

  /** The task with what its status brings along: questions, the result, the error. */
  get details(): Params {
    const { summary, status } = this;
    const { result, error } = this.#response ?? {};
    if (status === 'input_required') return { ...summary, inputRequests: this.call?.inputRequests };
    if (status === 'completed')
      return { ...summary, result: { ...result, resultType: 'complete' } };
    return status === 'failed' ? { ...summary, error } : summary;
  }

  /** The handler has answered, or its server is gone. */
  settled(response: ResponseMessage): void {
    this.#response = response;
    this.status = response.error === undefined ? 'completed' : 'failed';
  }

  /** Takes a handler's progress as the status message. `false`: the last one was a moment ago. */
  progressed({ message, progress, total }: Params, now: number): boolean {
    if (this.isFinished || now - this.#messageAt < MESSAGE_MS) return false;
    const counted = [progress, total].filter((each) => typeof each === 'number').join('/');
    this.message = typeof message === 'string' ? cut(message, MAX_MESSAGE) : counted;
    this.#messageAt = now;
    return true;
  }
}

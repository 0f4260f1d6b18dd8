import { atOnce } from '../base/awaitable.ts';
import { isoTime } from '../base/clock.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { randomId } from '../base/ids.ts';
import type { Services } from '../events/services.ts';
import { isObject, type ResponseMessage } from '../wire/jsonrpc.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Ask } from './ask.ts';
import { type Capabilities, type Params, TASKS } from './envelope.ts';
import { type CallView, callViewOf, type ViewedCall } from './callView.ts';
import type { CallMode, TaskSettings } from './taskOptions.ts';

/** How far a task is. A closed set of the protocol. */
export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

/** A call that is a task. */
export interface TaskCall extends ViewedCall {
  /** The client answers questions of the handler. */
  answered(answers: unknown): void;
  /** The client does not want the task any more. */
  withdraw(): void;
  /** The task has become too old. */
  expire(): void;
}

const METHODS: ReadonlySet<string> = new Set(['tasks/get', 'tasks/update', 'tasks/cancel']);
const FINISHED: ReadonlySet<TaskStatus> = new Set(['completed', 'failed', 'cancelled']);
/** A status message follows the handler's progress no faster. */
const MESSAGE_MS = 1000;
/** Longest status message, in characters. */
const MAX_MESSAGE = 1024;
/** What a finished task takes besides its outcome. */
const TASK_BYTES = 1024;

/** What a client has to declare to be answered with a task. */
export const TASKS_CAPABILITY: Capabilities = { extensions: { [TASKS]: {} } };

/** Whether a client knows tasks. */
export function knowsTasks({ extensions }: Capabilities): boolean {
  return isObject(extensions) && isObject(extensions[TASKS]);
}

/** What a server offers, and tasks. */
export function withTasks(capabilities: Capabilities): Capabilities {
  const { extensions } = capabilities;
  const own = isObject(extensions) ? extensions : {};
  return { ...capabilities, extensions: { ...own, [TASKS]: {} } };
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
  message: string | undefined;
  #response: ResponseMessage | undefined;
  #messageAt = -Infinity;
  readonly #settings: TaskSettings;

  constructor(id: string, call: C, view: CallView, now: number, settings: TaskSettings) {
    this.id = id;
    this.call = call;
    this.principal = call.principal;
    this.session = call.home.session.key;
    this.view = view;
    this.createdAt = now;
    this.updatedAt = now;
    this.#settings = settings;
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
    this.message = typeof message === 'string' ? message.slice(0, MAX_MESSAGE) : counted;
    this.#messageAt = now;
    return true;
  }
}

/** What tasks need of the stateless revision. */
export interface TasksShare {
  readonly services: Services;
  readonly listens: {
    /** Tells a change of a task to those who asked to hear of it. */
    taskChanged(task: Task): void;
  };
}

/** The tasks of a runtime: running ones, and finished ones until their time is up. @template C a call */
export class Tasks<C extends TaskCall = TaskCall> {
  readonly settings: TaskSettings;
  readonly #share: TasksShare;
  readonly #all = new Map<string, Task<C>>();
  /** How many of each principal are not finished. */
  readonly #counts = new Map<string | undefined, number>();
  readonly #lasting: DeadlineQueue<{ detach(): void }>;
  readonly #ttl: DeadlineQueue<Task<C>>;
  /** Finished tasks and the bytes of their outcomes, the oldest first. */
  readonly #kept = new Map<Task<C>, number>();
  #keptBytes = 0;
  #running = 0;

  constructor(settings: TaskSettings, share: TasksShare) {
    this.settings = settings;
    this.#share = share;
    const { deadlines } = share.services;
    this.#lasting = deadlines.queue(settings.afterMs, (call) => call.detach());
    this.#ttl = deadlines.queue(settings.ttlMs, (task) => {
      task.call?.expire();
      this.#drop(task);
    });
  }

  /**
   * When a call becomes a task; `refused`: the call can not be made without one.
   *
   * @throws whatever the user's function throws; ActorsError `bad-option` where that gives a promise
   */
  modeOf({ message, envelope, opened }: Ask): CallMode | 'refused' {
    const name = opened.params?.['name'];
    if (message.method !== 'tools/call' || typeof name !== 'string') return 'call';
    const mode = atOnce('tasks.mode', this.settings.mode(name));
    if (!knowsTasks(envelope.capabilities)) return mode === 'required' ? 'refused' : 'call';
    return mode === 'required' ? 'task' : mode;
  }

  /** Answers a request about a task. @returns the result, or why there is none */
  serve({ incoming, message, envelope, opened }: Ask): Params | RefusalCode {
    const { method, params } = message;
    if (!METHODS.has(method)) return 'method-unknown';
    if (!knowsTasks(envelope.capabilities)) return 'capability-missing';
    const task = this.find(params?.['taskId'], incoming.principal);
    if (task === undefined) return 'task-unknown';
    if (method === 'tasks/get') return task.details;
    if (method === 'tasks/update') task.call?.answered(opened.inputResponses);
    else task.call?.withdraw();
    return {};
  }

  /** Waits whether a call lasts, and makes a task of it then. */
  watch(call: { detach(): void }): void {
    this.#lasting.arm(call);
  }

  unwatch(call: { detach(): void }): void {
    this.#lasting.disarm(call);
  }

  /** Whether one more call may become a task. A limit that is met is counted. */
  hasRoom({ principal, home }: TaskCall): boolean {
    const share = principal === undefined ? 'maxTasksAnonymous' : 'maxTasksPerPrincipal';
    const isShareUsed = (this.#counts.get(principal) ?? 0) >= this.settings[share];
    if (!isShareUsed && this.#running < this.settings.maxTasks) return true;
    const limit = isShareUsed ? share : 'maxTasks';
    this.#share.services.tripped(limit, home.session.key);
    return false;
  }

  create(call: C): Task<C> {
    const { services } = this.#share;
    const view = callViewOf(call, services.principalKey, undefined);
    const task = new Task(randomId(), call, view, services.clock.now(), this.settings);
    this.#all.set(task.id, task);
    this.#ttl.arm(task);
    this.#count(call.principal, 1);
    services.counters.modern.tasks++;
    services.events.emit('task.created', {
      session: call.home.session.key,
      task: this.keyOf(task),
    });
    return task;
  }

  /** The task of an id, for its own principal. */
  find(id: unknown, principal: string | undefined): Task<C> | undefined {
    const task = typeof id === 'string' ? this.#all.get(id) : undefined;
    return task?.principal === principal ? task : undefined;
  }

  /** Makes the views of all tasks. */
  views(): CallView[] {
    return Array.from(this.#all.values(), (task) => {
      const deadline = this.#ttl.dueAt(task);
      return task.call === null
        ? { ...task.view, state: 'kept', questions: [], deadline }
        : callViewOf(task.call, this.#share.services.principalKey, deadline);
    });
  }

  /** A task is over, or waits for something else than before. @param isAsking its questions are open */
  went(task: Task<C>, isAsking: boolean): void {
    if (!task.isFinished) task.status = isAsking ? 'input_required' : 'working';
    this.#changed(task);
  }

  /** The handler of a task has said how far the task is. */
  progressed(task: Task<C>, params: Params): void {
    if (task.progressed(params, this.#share.services.clock.now())) this.#changed(task);
  }

  #changed(task: Task<C>): void {
    const { services, listens } = this.#share;
    task.updatedAt = services.clock.now();
    const { status, session } = task;
    const key = this.keyOf(task);
    services.events.emit('task.changed', { session, task: key, status });
    if (task.isFinished) this.#finished(task);
    listens.taskChanged(task);
  }

  /** The task's name for logs: the id opens the task for its principal. */
  keyOf({ id }: Task): string {
    return this.#share.services.digest(id);
  }

  #finished(task: Task<C>): void {
    if (this.#kept.has(task)) return;
    this.#count(task.principal, -1);
    task.call = null;
    const { bytes } = task;
    this.#kept.set(task, bytes);
    this.#keptBytes += bytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= this.settings.maxKeptBytes) return;
      this.#share.services.tripped('maxKeptBytes', oldest.session);
      this.#drop(oldest);
    }
  }

  #drop(task: Task<C>): void {
    if (!this.#all.delete(task.id)) return;
    this.#ttl.disarm(task);
    const bytes = this.#kept.get(task);
    this.#kept.delete(task);
    if (bytes === undefined) this.#count(task.principal, -1);
    else this.#keptBytes -= bytes;
  }

  #count(principal: string | undefined, by: 1 | -1): void {
    this.#running += by;
    const own = (this.#counts.get(principal) ?? 0) + by;
    if (own === 0) this.#counts.delete(principal);
    else this.#counts.set(principal, own);
    this.#share.services.counters.modern.tasksRunning = this.#running;
  }
}

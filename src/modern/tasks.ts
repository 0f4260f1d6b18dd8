import { atOnce, type Awaitable } from '../base/awaitable.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { ActorsError } from '../base/errors.ts';
import { idOnNode, randomId } from '../base/ids.ts';
import type { Services } from '../events/services.ts';
import { isObject } from '../wire/jsonrpc.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { Ask } from './ask.ts';
import { type Capabilities, type Params, TASKS } from './envelope.ts';
import { type CallView, callViewOf } from './callView.ts';
import { AbsentTasks, type FoundTask } from './absentTasks.ts';
import { Task, type TaskCall } from './task.ts';
import { TaskPresence } from './taskPresence.ts';
import type { CallMode, TaskSettings } from './taskOptions.ts';
import { TaskRecords } from './taskRecords.ts';
import type { OwnedStore } from '../directory/ownership.ts';
import type { Elsewhere } from '../directory/whereabouts.ts';
import type { Claim } from '../store/store.ts';

const METHODS: ReadonlySet<string> = new Set(['tasks/get', 'tasks/update', 'tasks/cancel']);

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
  readonly #lasting: DeadlineQueue<C>;
  readonly #ttl: DeadlineQueue<Task<C>>;
  /** Finished tasks and the bytes of their outcomes, the oldest first. */
  readonly #kept = new Map<Task<C>, number>();
  #keptBytes = 0;
  #running = 0;
  readonly #records: TaskRecords | null;
  readonly #absent: AbsentTasks | null;
  /** For the other processes of a cluster. */
  readonly presence = new TaskPresence(this);
  readonly #node: string | undefined;

  /**
   * @param node this process in ids, where it has a name
   * @param part of a durable store that keeps tasks; without one they end with the process
   */
  constructor(
    settings: TaskSettings,
    share: TasksShare,
    { node, part }: { readonly node: string | undefined; readonly part: OwnedStore | undefined },
  ) {
    this.settings = settings;
    this.#node = node;
    this.#share = share;
    const all = this.#all;
    this.#records =
      part === undefined
        ? null
        : new TaskRecords(
            part,
            share.services,
            (id) => all.has(id),
            () => all.values(),
          );
    this.#absent = this.#records && new AbsentTasks(this.#records, settings);
    const { deadlines } = share.services;
    this.#lasting = deadlines.queue(settings.afterMs, (call) => this.detach(call));
    this.#ttl = deadlines.queue(settings.ttlMs, (task) => {
      task.call?.expire();
      this.#forget(task);
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
  serve(ask: Ask): Awaitable<Params | RefusalCode | Elsewhere> {
    const { message, envelope } = ask;
    if (!METHODS.has(message.method)) return 'method-unknown';
    if (!knowsTasks(envelope.capabilities)) return 'capability-missing';
    return this.#find(ask);
  }

  #find(ask: Ask): Awaitable<Params | RefusalCode | Elsewhere> {
    // Another process may have been asked for a task of this one, and have said that it has failed.
    const held = this.#records?.heldUp();
    if (held !== undefined) return held.then(() => this.#find(ask), unknowable);
    const { principal } = ask.incoming;
    const id = ask.message.params?.['taskId'];
    const task = this.find(id, principal);
    if (task?.storing != null) return task.storing.then(() => this.#find(ask));
    if (task !== undefined) return this.#serve(task, ask);
    if (this.#absent === null || typeof id !== 'string') return 'task-unknown';
    const go = (found: FoundTask): Params | RefusalCode | Elsewhere =>
      found instanceof Task ? this.#serve(found, ask) : found;
    return this.#absent.find(id, principal).then(go, unknowable);
  }

  #serve(task: Task, { message, opened }: Ask): Params | RefusalCode {
    if (message.method === 'tasks/get') return task.details;
    if (message.method === 'tasks/update') task.call?.answered(opened.inputResponses);
    else task.call?.withdraw();
    return {};
  }

  /** Waits whether a call lasts, and makes a task of it then. */
  watch(call: C): void {
    this.#lasting.arm(call);
  }

  unwatch(call: C): void {
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

  /**
   * Makes a task of a call that lasts, where there is room for one. With a durable store the client is
   * told when the store has the task; where the store fails, the call stays a call.
   */
  detach(call: C): void {
    if (!call.isWaited || !this.hasRoom(call)) return;
    const task = this.#create(call);
    const stored = this.#records?.put(task);
    if (stored === undefined) return call.become(task);
    call.home.session.later(stored, (isStored) => {
      // The handler may have answered meanwhile, or the client be gone.
      if (isStored && call.isWaited) return call.become(task);
      return this.#forget(task);
    });
  }

  #create(call: C): Task<C> {
    const { services } = this.#share;
    const view = callViewOf(call, services.principalKey, undefined);
    const { principal } = call;
    const createdAt = services.clock.now();
    const id = idOnNode(this.#node, randomId());
    const task = new Task({ id, principal, createdAt, view }, call, this.settings);
    this.#all.set(task.id, task);
    this.#ttl.arm(task);
    this.#count(principal, 1);
    return task;
  }

  /** The client is told of a new task. */
  begun(task: Task<C>): void {
    const { services } = this.#share;
    task.isBegun = true;
    services.counters.modern.tasks++;
    const { session } = task;
    services.events.emit('task.created', { session, task: this.keyOf(task) });
  }

  close(): Promise<void> {
    return this.#records?.close() ?? DONE;
  }

  /** The task of an id, for its own principal. */
  find(id: unknown, principal: string | undefined): Task<C> | undefined {
    const task = typeof id === 'string' ? this.#all.get(id) : undefined;
    return task?.principal === principal ? task : undefined;
  }

  here(id: string): Task<C> | undefined {
    return this.#all.get(id);
  }

  /** Another process was asked for a task, and has said what became of it: nothing here is true. */
  lose(claim: Claim): void {
    this.#records?.lost(claim);
    const task = this.#all.get(claim.id);
    if (task === undefined || this.#records?.isOf(task, claim) !== true) return;
    task.call?.expire();
    this.#drop(task);
  }

  restow(claim: Claim): void {
    const task = this.#all.get(claim.id);
    if (task !== undefined && this.#records?.isOf(task, claim) === true)
      void this.#records.put(task);
  }

  /** Makes the views of all tasks. */
  views(): CallView[] {
    const begun = Array.from(this.#all.values()).filter(({ isBegun }) => isBegun);
    return begun.map((task) => {
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
    // A task for which there is no room any more is not stored again.
    const isKept = task.isFinished && this.#all.has(task.id);
    const stored = isKept ? this.#records?.keep(task) : undefined;
    if (stored === undefined) return listens.taskChanged(task);
    task.storing = stored
      .then(() => {
        task.storing = null;
        return this.#records?.isLost(task) === true ? undefined : listens.taskChanged(task);
      })
      .catch((error: unknown) => services.events.emit('endpoint.failed', { error }));
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
      this.#forget(oldest);
    }
  }

  /** Nothing is left of a task, in a durable store neither. */
  #forget(task: Task<C>): void {
    this.#drop(task);
    this.#records?.forget(task);
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

const DONE = Promise.resolve();

/** A store that fails can not tell whether there is a task: a client must not give it up. */
function unknowable(error: unknown): RefusalCode {
  if (error instanceof ActorsError && error.code === 'store-unavailable') return error.code;
  throw error;
}

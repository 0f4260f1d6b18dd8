import type { Residents } from '../directory/cluster.ts';
import type { Done } from '../directory/verb.ts';
import type { Claim } from '../store/store.ts';

/** What the presence of tasks needs of them. */
export interface TaskPresenceHost {
  /** The task of an id in this process, whosever it is. */
  here(id: string): { readonly isFinished: boolean } | undefined;
  /** Another process has the task of a claim. */
  lose(claim: Claim): void;
  /** The store has lost some of what was written by a claim. */
  restow(claim: Claim): void;
}

/** The tasks of this process, as the other processes of a cluster have to do with them. */
export class TaskPresence implements Residents {
  readonly #tasks: TaskPresenceHost;

  constructor(tasks: TaskPresenceHost) {
    this.#tasks = tasks;
  }

  isServing(id: string): boolean {
    return this.#tasks.here(id) !== undefined;
  }

  /** A task that ends is forgotten at once. */
  isSettling(): boolean {
    return false;
  }

  isInUse(id: string): boolean {
    return this.#tasks.here(id)?.isFinished === false;
  }

  isCalm(id: string): boolean {
    return this.#tasks.here(id)?.isFinished === true;
  }

  settled(): Promise<void> {
    return DONE;
  }

  /** A task does not come back: who asks for one that no process runs is told what became of it. */
  recall(id: string): Promise<boolean> {
    return Promise.resolve(this.isServing(id));
  }

  lose(claim: Claim): void {
    this.#tasks.lose(claim);
  }

  restow(claim: Claim): void {
    this.#tasks.restow(claim);
  }

  /** What is done to a task is its client's, and forwarded. */
  act(): Promise<Done> {
    return Promise.resolve(false);
  }
}

const DONE = Promise.resolve();

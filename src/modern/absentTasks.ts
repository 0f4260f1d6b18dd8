import type { Elsewhere } from '../directory/whereabouts.ts';
import type { SessionRecord } from '../store/record.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { isOver, type Kept, Task } from './task.ts';
import type { TaskRecords } from './taskRecords.ts';
import type { TaskSettings } from './taskOptions.ts';

/** A task that is over; the process that runs it; or why nobody can say. */
export type FoundTask = Task | Elsewhere | RefusalCode;

/** Finds tasks that are not in this process: an earlier one had them, or another one of a cluster has. */
export class AbsentTasks {
  readonly #records: TaskRecords;
  readonly #settings: TaskSettings;
  /** Tasks that are being claimed: each once for all who ask. */
  readonly #claiming = new Map<string, Promise<FoundTask>>();

  constructor(records: TaskRecords, settings: TaskSettings) {
    this.#records = records;
    this.#settings = settings;
  }

  /** The task of an id, for its own principal. @throws ActorsError `store-unavailable` */
  async find(id: string, principal: string | undefined): Promise<FoundTask> {
    const record = await this.#records.find(id);
    if (record === undefined || record.principal !== principal) return 'task-unknown';
    // What is over stays as it is, whosever it is.
    if (!this.#records.isShared || isOver(keptOf(record))) return this.#restored(record);
    let claiming = this.#claiming.get(id);
    if (claiming === undefined) {
      claiming = this.#claim(id).finally(() => this.#claiming.delete(id));
      this.#claiming.set(id, claiming);
    }
    return claiming;
  }

  /** Finds who runs a task. Where that process is gone, the task has failed, and stays so. */
  async #claim(id: string): Promise<FoundTask> {
    const where = await this.#records.claim(id);
    if (where.at === 'elsewhere') return where;
    if (where.at === 'nowhere') {
      if (where.refusal === 'session-not-found') return 'task-unknown';
      return where.refusal === 'draining' ? 'draining' : 'store-unavailable';
    }
    const task = this.#restored(where.record);
    await this.#records.settle(task, where.claim);
    return task;
  }

  #restored(record: SessionRecord): Task {
    const { id, principal, startedAt: createdAt } = record;
    const kept = keptOf(record);
    const task = new Task({ id, principal, createdAt, view: kept.view }, null, this.#settings);
    task.restore(kept);
    return task;
  }
}

function keptOf({ state }: SessionRecord): Kept {
  return state as Kept;
}

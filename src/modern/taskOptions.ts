import { settleLimits } from '../base/check.ts';
import { ActorsError } from '../base/errors.ts';
import { isObject } from '../wire/jsonrpc.ts';

/** When a tool call becomes a task. */
export type TaskMode =
  /** when it lasts longer than `afterMs` */
  | 'auto'
  /** at once */
  | 'task'
  /** never */
  | 'call'
  /** at once; clients that do not know tasks can not call the tool */
  | 'required';

/** The same of one call, whose client can be told. */
export type CallMode = Exclude<TaskMode, 'required'>;

interface TaskLimits {
  /** How long a call lasts before it becomes a task. @default 5 s */
  readonly afterMs: number;
  /** How long a task is kept, from its creation. @default 1 h */
  readonly ttlMs: number;
  /** How often a client is told to ask for a task. @default 1 s */
  readonly pollMs: number;
  /** Tasks at once that are not finished; beyond, calls stay calls. @default 1024 */
  readonly maxTasks: number;
  /** The same, of one authenticated principal. @default 64 */
  readonly maxTasksPerPrincipal: number;
  /** The same, of all anonymous callers together. @default 256 */
  readonly maxTasksAnonymous: number;
  /** Bytes of the outcomes of finished tasks; beyond, the oldest go. @default 64 MiB */
  readonly maxKeptBytes: number;
}

/** How calls become tasks (`io.modelcontextprotocol/tasks`) for clients that know tasks. */
export interface TaskOptions extends Partial<TaskLimits> {
  /** When calls of a tool become tasks. @default 'auto' for each tool */
  readonly mode?: (tool: string) => TaskMode;
}

/** The options after the checks, with every default filled in. */
export interface TaskSettings extends TaskLimits {
  readonly mode: (tool: string) => TaskMode;
}

const DEFAULTS: TaskLimits = {
  afterMs: 5000,
  ttlMs: 60 * 60_000,
  pollMs: 1000,
  maxTasks: 1024,
  maxTasksPerPrincipal: 64,
  maxTasksAnonymous: 256,
  maxKeptBytes: 64 * 1024 * 1024,
};

/**
 * Checks the option `tasks`, and fills in the defaults.
 *
 * @returns `null`: no call becomes a task
 * @throws ActorsError `bad-option`
 */
export function settleTasks(options: TaskOptions | undefined): TaskSettings | null {
  if (options === undefined) return null;
  const { mode = () => 'auto' } = isObject(options) ? options : { mode: options };
  if (!isObject(options) || typeof mode !== 'function') {
    throw new ActorsError('bad-option', 'tasks must be its options, and tasks.mode a function');
  }
  return { ...settleLimits(DEFAULTS, options), mode: mode as TaskSettings['mode'] };
}

import type { CrashPolicy } from './actor/intensity.ts';
import { DEFAULT_LIMITS, type Limits } from './base/limits.ts';
import { checkNames, type NamesOf } from './base/optionNames.ts';
import { isLogic, type MachineOptions } from './machine/options.ts';
import type { ModernOptions } from './modern/options.ts';
import type { TaskOptions } from './modern/taskOptions.ts';
import type { RuntimeOptions, StateOptions } from './options.ts';
import type { CorsOptions } from './wire/cors.ts';

/** What {@link RuntimeOptions} knows, beside the limits. */
const NAMES: Omit<NamesOf<RuntimeOptions<never>>, keyof Limits> = {
  server: true,
  state: true,
  machine: true,
  input: true,
  principal: true,
  allowedHosts: true,
  allowedOrigins: true,
  cors: true,
  allowDelete: true,
  responseMode: true,
  onCrash: true,
  sleep: true,
  sharedLists: true,
  store: true,
  cluster: true,
  eventStore: true,
  onSleep: true,
  onWake: true,
  announceContent: true,
  report: true,
  modern: true,
  tasks: true,
  secret: true,
  clock: true,
  createId: true,
  node: true,
  loopMonitor: true,
  random: true,
};

const STATE: NamesOf<StateOptions<never>> = {
  create: true,
  version: true,
  migrate: true,
  encode: true,
  decode: true,
};

const MACHINE: NamesOf<MachineOptions> = {
  logic: true,
  version: true,
  migrate: true,
  staysAwake: true,
};

const CORS: NamesOf<CorsOptions> = { headers: true, expose: true, maxAge: true, credentials: true };

const MODERN: NamesOf<ModernOptions> = {
  only: true,
  prefer: true,
  scope: true,
  argument: true,
  cache: true,
  onLostCall: true,
  parkMs: true,
  maxParked: true,
  maxParkedPerPrincipal: true,
  maxParkedAnonymous: true,
  maxParkedBytes: true,
  maxRounds: true,
  maxListens: true,
  maxListensPerPrincipal: true,
  maxListensAnonymous: true,
  maxSharedInFlight: true,
};

const TASKS: NamesOf<TaskOptions> = {
  afterMs: true,
  mode: true,
  ttlMs: true,
  pollMs: true,
  maxTasks: true,
  maxTasksPerPrincipal: true,
  maxTasksAnonymous: true,
  maxKeptBytes: true,
};

const CRASH: NamesOf<Exclude<CrashPolicy, string>> = { restarts: true, withinMs: true };

/** Options that may be objects with names of their own. */
const INNER = {
  state: STATE,
  machine: MACHINE,
  cors: CORS,
  onCrash: CRASH,
  modern: MODERN,
  tasks: TASKS,
} as const;

/**
 * Refuses options of a runtime that there are none of.
 *
 * @throws ActorsError `bad-option`, with the nearest name
 */
export function checkRuntimeNames(options: object): void {
  checkNames('createRuntime', options, { ...DEFAULT_LIMITS, ...NAMES });
  for (const [name, known] of Object.entries(INNER)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (typeof value === 'object' && value !== null && !isLogic(value))
      checkNames(name, value, known);
  }
}

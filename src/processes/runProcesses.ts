import cluster from 'node:cluster';
import { heldClock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { drainOnSignals } from '../adapters/drainOnSignals.ts';
import { leaveProcess } from '../adapters/leaveProcess.ts';
import { type ProcessesOptions, type ProcessesSettings, settleProcesses } from './options.ts';
import { INDEX, Supervisor } from './supervisor.ts';
import { type Part, type Serving, WorkerProcess } from './workerProcess.ts';

/** The processes that serve, as the first process has them. */
export interface Processes {
  /** The numbers that the system has given to those that run now. */
  readonly pids: readonly number[];
  /**
   * Replaces each process, one after the other. Sessions stay: the other processes go on with them.
   *
   * @throws ActorsError `process-ended` where a new process does not come to serve: those that serve stay
   */
  reload(): Promise<void>;
  /** Has all processes end, gently. @param options `deadlineMs` as in {@link ProcessesOptions} */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** This process has begun already. */
let hasBegun = false;

/**
 * Runs a program in several processes of one machine, with one set of sessions. The program calls this
 * once: in the first process, which starts the others and serves nothing itself; and in each of those,
 * which do the work. All share the ports that they open.
 *
 * @param work makes a runtime with the cluster that it is given, and serves
 * @returns when all processes serve; in those that do the work, `undefined` when they do
 * @throws ActorsError `bad-option`; `process-ended` where the processes do not come to serve. In the
 * processes that do the work: whatever the work throws
 */
export async function runProcesses(
  options: ProcessesOptions,
  work: (part: Part) => Serving | Promise<Serving>,
): Promise<Processes | undefined> {
  const settings = settleProcesses(options);
  if (hasBegun) throw new ActorsError('bad-option', 'runProcesses is called once in a process');
  const index = process.env[INDEX];
  // What the work starts is none of the processes.
  delete process.env[INDEX];
  if (cluster.isPrimary) {
    hasBegun = true;
    return begin(settings);
  }
  if (index === undefined) {
    const message =
      'runProcesses needs a first process of its own, which no other cluster has made';
    throw new ActorsError('bad-option', message);
  }
  hasBegun = true;
  await new WorkerProcess(settings, Number(index)).run(work);
  return undefined;
}

async function begin(settings: ProcessesSettings): Promise<Processes> {
  const { deadlineMs, report, signals, reloadSignal } = settings;
  const supervisor = new Supervisor({
    settings,
    clock: heldClock,
    gaveUp({ message }) {
      report(`${message}, as those before it did: no more begin`);
      process.exitCode = 1;
      leaveProcess(undefined);
    },
  });
  const reload = (): void => {
    supervisor.reload().catch((error: unknown) => report(`Not reloaded: ${String(error)}`));
  };
  const stopListening = signals
    ? drainOnSignals({
        deadlineMs,
        close: () => supervisor.close(),
        cut: () => supervisor.kill(),
      })
    : (): void => {};
  if (reloadSignal !== false) process.on(reloadSignal, reload);
  const close: Processes['close'] = async ({ deadlineMs: within } = {}) => {
    await supervisor.close(within);
    stopListening();
    if (reloadSignal !== false) process.off(reloadSignal, reload);
  };
  try {
    await supervisor.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    get pids() {
      return supervisor.pids;
    },
    reload: () => supervisor.reload(),
    close,
    async [Symbol.asyncDispose]() {
      await close();
    },
  };
}

import { availableParallelism } from 'node:os';
import { check } from '../base/check.ts';
import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { CLUSTER_NAMES, type ClusterOptions, settleCluster } from '../cluster/options.ts';

/** How many processes of one machine work together, and how. */
export interface ProcessesOptions extends Omit<ClusterOptions, 'secret' | 'name'> {
  /** How many serve. @default as many as can run at once: `os.availableParallelism()` */
  readonly processes?: number;
  /**
   * How long work in flight may take in a process that is to end, in milliseconds. A process that is
   * there three seconds after that is killed. @default 5000
   */
  readonly deadlineMs?: number;
  /** How long a process may take until it serves, in milliseconds; then it is killed. @default 60 000 */
  readonly startMs?: number;
  /**
   * Whether SIGINT and SIGTERM to the first process end all processes gently, and the first one then by
   * that signal. A second signal does not wait. @default true
   */
  readonly signals?: boolean;
  /**
   * The signal at which the first process replaces all others, one after the other. A program in a
   * terminal is told by SIGHUP that the terminal is gone. @default 'SIGHUP'
   */
  readonly reloadSignal?: NodeJS.Signals | false;
  /**
   * Told, in one line each, of processes that have ended and were not asked to, and of reloads that have
   * failed. @default written to stderr
   */
  readonly report?: (line: string) => void;
}

/** What {@link ProcessesOptions} knows. */
const NAMES: NamesOf<ProcessesOptions> = {
  ...(({ secret: _secret, name: _name, ...others }) => others)(CLUSTER_NAMES),
  processes: true,
  deadlineMs: true,
  startMs: true,
  signals: true,
  reloadSignal: true,
  report: true,
};

const MAX_PROCESSES = 1024;

/** The options after their checks. */
export interface ProcessesSettings {
  readonly processes: number;
  readonly deadlineMs: number;
  readonly startMs: number;
  readonly signals: boolean;
  readonly reloadSignal: NodeJS.Signals | false;
  readonly report: (line: string) => void;
  /** For each of the processes. */
  readonly cluster: Omit<ClusterOptions, 'secret' | 'name'>;
}

/** @throws ActorsError `bad-option` */
export function settleProcesses(options: ProcessesOptions): ProcessesSettings {
  checkNames('runProcesses', options, NAMES);
  const {
    processes = availableParallelism(),
    deadlineMs = 5000,
    startMs = 60_000,
    signals = true,
    reloadSignal = 'SIGHUP',
    report = (line) => void process.stderr.write(`${line}\n`),
    ...cluster
  } = options;
  check('processes', `an integer from 1 to ${MAX_PROCESSES}`, processes, (v) => {
    return Number.isInteger(v) && Number(v) >= 1 && Number(v) <= MAX_PROCESSES;
  });
  check('deadlineMs', 'a number of ms >= 0', deadlineMs, isMs);
  check('startMs', 'a number of ms > 0', startMs, (v) => isMs(v) && v !== 0);
  check('signals', 'true or false', signals, (v) => typeof v === 'boolean');
  check('reloadSignal', 'the name of a signal, or false', reloadSignal, (v) => {
    return v === false || (typeof v === 'string' && /^SIG[A-Z0-9]+$/.test(v));
  });
  check('report', 'a function', report, (v) => typeof v === 'function');
  // What the processes would refuse, the first one refuses before there are any.
  settleCluster({ ...cluster, secret: 'x'.repeat(32) });
  return { processes, deadlineMs, startMs, signals, reloadSignal, report, cluster };
}

function isMs(value: unknown): boolean {
  return Number.isFinite(value) && Number(value) >= 0;
}

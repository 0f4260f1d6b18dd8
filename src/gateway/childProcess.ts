import { checkNames, type NamesOf } from '../base/optionNames.ts';
import { ActorsError } from '../base/errors.ts';
import { KILL_TIMEOUT_MS } from '../base/processGroup.ts';
import { settleLimits } from '../base/check.ts';
import type { Session, SessionServer } from '../session/session.ts';
import { Bridge } from './bridge.ts';
import { Child, type ChildSettings } from './child.ts';
import { type GatewayLogListener, SessionLog } from './log.ts';
import { Slots } from './slots.ts';

/** Options of {@link childProcess}. Every option but `command` has a default. */
export interface ChildProcessOptions {
  /** Program that serves a session, looked up in the child's `PATH`; never given to a shell. */
  readonly command: string;
  /** Arguments of the program. @default [] */
  readonly args?: readonly string[];
  /** Variables besides the few that are safe to inherit: `PATH`, `HOME`, `USER` and their like. */
  readonly env?: Readonly<Record<string, string>>;
  /** Working directory of the child process. @default the gateway's */
  readonly cwd?: string;
  /**
   * Child processes at once, those included that are being ended. A session beyond waits for a
   * place.
   * @default Infinity: as many as there are sessions
   */
  readonly maxProcesses?: number;
  /** How long a child process may take to end by itself once its input has ended. @default 1 s */
  readonly eofTimeoutMs?: number;
  /** How long a child's processes may take to end after SIGTERM, before SIGKILL. @default 1 s */
  readonly termTimeoutMs?: number;
  /** Longest message; a longer one is skipped, and its caller gets an error. @default 16 MiB */
  readonly maxLineBytes?: number;
  /**
   * Bytes a child process may leave unread before requests to it are refused; twice as many crash
   * its session.
   * @default 8 MiB
   */
  readonly maxPendingBytes?: number;
  /** Entries of a session's {@link gatewayLog}. @default 200 */
  readonly maxLogEntries?: number;
  /** Told each entry of every session's log. */
  readonly onLog?: GatewayLogListener;
}

/** What {@link ChildProcessOptions} knows. */
const CHILD_PROCESS_NAMES: NamesOf<ChildProcessOptions> = {
  command: true,
  args: true,
  env: true,
  cwd: true,
  maxProcesses: true,
  eofTimeoutMs: true,
  termTimeoutMs: true,
  maxLineBytes: true,
  maxPendingBytes: true,
  maxLogEntries: true,
  onLog: true,
};

const DEFAULTS = {
  maxProcesses: Infinity,
  eofTimeoutMs: 1000,
  termTimeoutMs: 1000,
  maxLineBytes: 16 * 1024 * 1024,
  maxPendingBytes: 8 * 1024 * 1024,
  maxLogEntries: 200,
};

/** For each session, the child process that serves it or served it last. */
const children = new WeakMap<Session, Child>();

/**
 * Serves each session by a stdio MCP server that runs as a child process of its own: for
 * `createRuntime({ server: childProcess({ command: 'my-server' }) })`.
 *
 * The child process is started with the session, and ended with it together with every process the
 * child has started. A child that ends by itself crashes its session, which then ends or gets a
 * fresh child, as `onCrash` says.
 *
 * @throws ActorsError `bad-option`
 */
export function childProcess(options: ChildProcessOptions): (session: Session) => SessionServer {
  checkNames('childProcess', options, CHILD_PROCESS_NAMES);
  const settings = settle(options);
  const slots = new Slots(settings.maxProcesses);
  const deadlineMs = settings.eofTimeoutMs + settings.termTimeoutMs + KILL_TIMEOUT_MS + 1000;
  return (session) => {
    const log = SessionLog.of(session, settings.maxLogEntries, options.onLog);
    // A session never has two child processes: the next starts when the last is gone.
    const before = children.get(session)?.close();
    const child = new Child(settings, slots, log, before);
    children.set(session, child);
    session.own(child, { deadlineMs });
    return new Bridge(child, session.key);
  };
}

function settle(options: ChildProcessOptions): ChildSettings & typeof DEFAULTS {
  const { command, args = [], env = {}, cwd } = options;
  if (typeof command !== 'string' || command === '') {
    throw new ActorsError('bad-option', 'command must be the name or path of a program');
  }
  if (!Array.isArray(args) || !args.every((each) => typeof each === 'string')) {
    throw new ActorsError('bad-option', 'args must be an array of strings');
  }
  const limits = settleLimits(DEFAULTS, options, new Set(['maxProcesses']));
  return { ...limits, command, args: [...args], env: { ...env }, cwd };
}

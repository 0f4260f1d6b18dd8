import { ActorsError } from '../../base/errors.ts';
import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import { RUNTIME_EVENTS, type RuntimeEventName, type RuntimeEvents } from '../../events/events.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type Level = (typeof LEVELS)[number];

/** `console`, pino, bunyan, winston: whatever has a method for each level. */
export type Logger = Readonly<Record<Level, (...entry: never[]) => unknown>>;

/** What {@link logTo} writes. */
export interface LogOptions {
  /** The level of an event, or `false` for one that is not written. @default see docs/events.md */
  readonly levels?: Readonly<Partial<Record<RuntimeEventName, Level | false>>>;
}

/** What {@link LogOptions} knows. */
const NAMES: NamesOf<LogOptions> = { levels: true };

/** Events that say one line for each message or step cost where they are listened to. */
const DEFAULTS: Readonly<Record<RuntimeEventName, Level | false>> = {
  'session.started': 'info',
  'session.transition': false,
  'session.ended': 'info',
  'session.kept': 'info',
  'session.moved': 'info',
  'session.crashed': 'error',
  'session.slept': 'debug',
  'session.woken': 'debug',
  'session.pinned': 'debug',
  'session.unstorable': 'warn',
  'session.forgotten': 'warn',
  'call.transition': false,
  'call.parked': 'debug',
  'call.claimed': 'debug',
  'call.abandoned': 'info',
  'task.created': 'debug',
  'task.changed': 'debug',
  'handle.opened': 'debug',
  'handle.ended': 'debug',
  'handle.kept': 'debug',
  'handle.failed': 'error',
  'handle.unstorable': 'warn',
  'handle.transition': false,
  'actor.transition': false,
  'actor.logged': 'debug',
  'question.expired': 'info',
  'session.orphan': 'warn',
  message: false,
  'request.began': false,
  'request.settled': false,
  deadletter: 'warn',
  limit: 'warn',
  'supervisor.transition': 'info',
  'store.failed': 'error',
  'cluster.changed': 'info',
  'cluster.takeover': 'info',
  'cluster.refused': 'warn',
  'cluster.clock': 'warn',
  'cluster.failed': 'error',
  'clock.shifted': 'warn',
  'principal.shared': 'warn',
  'revocation.missed': 'warn',
  'caller.foreign': 'warn',
  'endpoint.failed': 'error',
  'error.escaped': 'error',
  'observer.failed': 'error',
};

interface Source {
  on<N extends RuntimeEventName>(name: N, listener: (event: RuntimeEvents[N]) => void): () => void;
}

/** Writes one entry. */
type Write = (level: Level, fields: Readonly<Record<string, unknown>>, text: string) => void;

/**
 * Writes what a runtime announces to a logger, one line for each event: `logTo(runtime, console)`,
 * `logTo(runtime, pino())`. Lines have types and sizes, never arguments, results or session ids.
 *
 * @returns how to stop
 * @throws ActorsError `bad-option` for a logger without a method for each level, and for names that
 * are no event's
 */
export function logTo(runtime: Source, logger: Logger, options: LogOptions = {}): () => void {
  checkNames('logTo', options, NAMES);
  const { levels = {} } = options;
  checkNames('levels', levels, RUNTIME_EVENTS);
  for (const level of LEVELS) {
    if (typeof logger?.[level] === 'function') continue;
    throw new ActorsError('bad-option', `a logger must have a method ${level}`);
  }
  const chosen = { ...DEFAULTS, ...levels };
  const write = writerOf(logger);
  const stops: (() => void)[] = [];
  for (const name of Object.keys(chosen) as RuntimeEventName[]) {
    const level = chosen[name];
    if (level === false) continue;
    if (!LEVELS.includes(level)) {
      throw new ActorsError('bad-option', `levels: ${name} must be ${LEVELS.join(', ')} or false`);
    }
    stops.push(runtime.on(name, (event) => write(level, fieldsOf(name, event), name)));
  }
  return () => {
    for (const stop of stops) stop();
  };
}

/** pino and bunyan take the fields first and know an error as `err`; others take the text first. */
function writerOf(logger: Logger): Write {
  const { bindings, fields } = logger as { readonly bindings?: unknown; readonly fields?: unknown };
  const takesFieldsFirst = typeof bindings === 'function' || typeof fields === 'object';
  const { debug, info, warn, error } = logger as Record<Level, (...entry: unknown[]) => unknown>;
  const methods = { debug, info, warn, error };
  return (level, said, text) => {
    const method = methods[level];
    if (takesFieldsFirst) method.call(logger, said, text);
    else method.call(logger, text, said);
  };
}

/** The fields of an event that are data; functions and what was not there are left out. */
function fieldsOf(name: string, event: object): Readonly<Record<string, unknown>> {
  const fields: Record<string, unknown> = { event: name };
  for (const [key, value] of Object.entries(event)) {
    if (value === undefined || typeof value === 'function') continue;
    fields[key === 'error' ? 'err' : key] = value;
  }
  return fields;
}

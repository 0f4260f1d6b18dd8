import { checkNames, type NamesOf } from '../../base/optionNames.ts';
import type { AnyActorRef, AnyStateMachine } from 'xstate';
import { type Clock, systemClock } from '../../base/clock.ts';
import { ActorsError } from '../../base/errors.ts';
import { randomId } from '../../base/ids.ts';

/** A machine of the application, drawn beside the session's and the supervisor's. */
export interface InspectedMachine {
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** Actor of this machine, whose present states are lit in the chart. */
  readonly actor?: AnyActorRef;
}

/** Limits of an inspector. */
export interface InspectorLimits {
  /** Pages and exports open at once; one more gets 503. @default 8 */
  readonly maxViewers: number;
  /** Bytes a page may leave unread before it is cut. @default 8 MiB */
  readonly maxViewerBytes: number;
  /** Live sessions listed. @default 20 000 */
  readonly maxRows: number;
  /** Ended sessions listed. @default 500 */
  readonly maxEnded: number;
  /** Lines kept of one session's life, without its messages. @default 64 */
  readonly maxTransitions: number;
  /** Lines kept of one session's messages. @default 128 */
  readonly maxMessages: number;
  /** Lines kept of all sessions together. @default 200 000 */
  readonly maxEntries: number;
  /** How often changes are sent to the pages, in milliseconds. @default 100 ms */
  readonly flushMs: number;
}

export interface InspectorOptions extends Partial<InspectorLimits> {
  /** Port to listen on; 0 takes a free port. @default 0 */
  readonly port?: number;
  /** Loopback address to listen on; any other address is refused. @default '127.0.0.1' */
  readonly host?: string;
  /**
   * Secret part of the URL: 22 to 128 characters of `A-Za-z0-9_-`, at least 128 random bits. A page
   * finds a restarted server again where port and token stay the same.
   * @default a random token
   */
  readonly token?: string;
  /** Machines drawn beside the session's and the supervisor's; at most 32. @default none */
  readonly machines?: readonly InspectedMachine[];
  /**
   * Shows the contexts of the actors that sessions have. A context may hold anything, secrets too.
   * @default false
   */
  readonly contexts?: boolean;
  /** Clock that times what is sent to the pages; events are dated by the runtime's own clock. */
  readonly clock?: Clock;
}

/** Options of an inspector with every default filled in. */
export type InspectorSettings = Required<InspectorOptions>;

const DEFAULTS: InspectorLimits = {
  maxViewers: 8,
  maxViewerBytes: 8 * 1024 * 1024,
  maxRows: 20_000,
  maxEnded: 500,
  maxTransitions: 64,
  maxMessages: 128,
  maxEntries: 200_000,
  flushMs: 100,
};

const NAMES: Omit<NamesOf<InspectorOptions>, keyof InspectorLimits> = {
  port: true,
  host: true,
  token: true,
  machines: true,
  contexts: true,
  clock: true,
};

const TOKEN = /^[A-Za-z0-9_-]{22,128}$/;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);
const MAX_MACHINES = 32;

/** @throws ActorsError `bad-option`, naming the option */
export function settleInspector(options: InspectorOptions): InspectorSettings {
  checkNames('serveInspector', options, { ...DEFAULTS, ...NAMES });
  const { port = 0, host = '127.0.0.1', token = randomId(), machines = [] } = options;
  const { clock = systemClock, contexts = false } = options;
  const limits = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof InspectorLimits)[]) {
    const value = options[name];
    if (value === undefined) continue;
    demand(Number.isSafeInteger(value) && value > 0, `${name} must be an integer > 0`);
    Object.assign(limits, { [name]: value });
  }
  demand(Number.isInteger(port) && port >= 0 && port < 65_536, 'port must be a port number, or 0');
  demand(LOOPBACK.has(host), 'host must be a loopback address: the inspector is for this machine');
  demand(TOKEN.test(token), 'token must be 22 to 128 characters of A-Z, a-z, 0-9, _ and -');
  demand(machines.length <= MAX_MACHINES, `machines must be at most ${MAX_MACHINES}`);
  demand(typeof contexts === 'boolean', 'contexts must be true or false');
  return { ...limits, port, host, token, machines, contexts, clock };
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new ActorsError('bad-option', message);
}

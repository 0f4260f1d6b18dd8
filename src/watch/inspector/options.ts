import type { AnyActorRef, AnyStateMachine } from 'xstate';
import { type Clock, systemClock } from '../../base/clock.ts';
import { ActorsError } from '../../base/errors.ts';
import { randomId } from '../../base/ids.ts';

/** A machine of your own, to be drawn beside ours. */
export interface InspectedMachine {
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** Its live states are lit where an actor is given. */
  readonly actor?: AnyActorRef;
}

/** Numbers an inspector holds to. */
export interface InspectorLimits {
  /** Pages and exports open at once; one more gets 503. @default 8 */
  readonly maxViewers: number;
  /** Bytes a page may leave unread before it is cut. @default 8 MiB */
  readonly maxViewerBytes: number;
  /** Sessions listed. @default 20 000 */
  readonly maxRows: number;
  /** Ended sessions listed. @default 500 */
  readonly maxEnded: number;
  /** Lines kept of one session's life. @default 64 */
  readonly maxTransitions: number;
  /** Messages kept of one session. @default 128 */
  readonly maxMessages: number;
  /** Lines kept of all sessions together. @default 200 000 */
  readonly maxEntries: number;
  /** Changes are sent this often. @default 100 ms */
  readonly flushMs: number;
}

export interface InspectorOptions extends Partial<InspectorLimits> {
  /** 0 takes a free one. @default 0 */
  readonly port?: number;
  /** A loopback address: others are refused. @default '127.0.0.1' */
  readonly host?: string;
  /**
   * What the URL must name: 22 to 128 characters of `A-Za-z0-9_-`, at least 128 random bits. A page
   * finds a restarted server again where port and token stay the same. @default a random one
   */
  readonly token?: string;
  /** Drawn beside the session's and the supervisor's. */
  readonly machines?: readonly InspectedMachine[];
  /** Times the flushes; what happened is dated by the runtime's own clock. */
  readonly clock?: Clock;
}

export interface InspectorSettings extends InspectorLimits {
  readonly port: number;
  readonly host: string;
  readonly token: string;
  readonly machines: readonly InspectedMachine[];
  readonly clock: Clock;
}

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

const TOKEN = /^[A-Za-z0-9_-]{22,128}$/;
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);
const MAX_MACHINES = 32;

/** @throws ActorsError `bad-option`, naming the option */
export function settleInspector(options: InspectorOptions): InspectorSettings {
  const { port = 0, host = '127.0.0.1', token = randomId(), machines = [] } = options;
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
  return { ...limits, port, host, token, machines, clock: options.clock ?? systemClock };
}

function demand(holds: boolean, message: string): void {
  if (!holds) throw new ActorsError('bad-option', message);
}

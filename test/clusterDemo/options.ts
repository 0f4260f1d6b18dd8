import { parseArgs } from 'node:util';

export const MODES = ['kill', 'stop', 'term', 'redis', 'all'] as const;

export type Mode = (typeof MODES)[number];

/** What `npm run cluster` is asked to do. */
export interface DemoOptions {
  readonly nodes: number;
  readonly clients: number;
  readonly minutes: number;
  /** Seconds from one fault to the next. */
  readonly every: number;
  readonly mode: Mode;
  /** Milliseconds. */
  readonly lease: number;
  /** A Redis that runs already; `undefined`: one is started. */
  readonly url: string | undefined;
  readonly seed: number;
}

export const USAGE = `npm run cluster [-- options]

  --nodes 3       processes
  --clients 200   clients of the SDK, of both generations by turns
  --minutes 2     how long
  --every 5       seconds from one fault to the next
  --mode kill     kill (-9), stop (for longer than the lease), term (a gentle end),
                  redis (kill -9 of Redis, with AOF), or all of them by turns
  --lease 3000    lease of a process, in milliseconds
  --seed 1        of what clients do, and of who is hit
  --url URL       a Redis that runs already`;

/** @throws TypeError for options that are unknown, or make no sense */
export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: { type: 'string', default: '3' },
      clients: { type: 'string', default: '200' },
      minutes: { type: 'string', default: '2' },
      every: { type: 'string', default: '5' },
      mode: { type: 'string', default: 'kill' },
      lease: { type: 'string', default: '3000' },
      seed: { type: 'string', default: '1' },
      url: { type: 'string' },
    },
  });
  const mode = MODES.find((each) => each === values.mode);
  if (mode === undefined) throw new TypeError(`--mode is one of ${MODES.join(', ')}`);
  if (values.url !== undefined && (mode === 'redis' || mode === 'all')) {
    throw new TypeError(`--mode ${mode} kills Redis: only one that it has started`);
  }
  return {
    nodes: number('nodes', values.nodes, 2),
    clients: number('clients', values.clients, 1),
    minutes: number('minutes', values.minutes, 0.1),
    every: number('every', values.every, 0.5),
    lease: number('lease', values.lease, 1000),
    seed: number('seed', values.seed, 0),
    mode,
    url: values.url,
  };
}

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isFinite(value) && value >= least) return value;
  throw new TypeError(`--${name} is a number from ${least}`);
}

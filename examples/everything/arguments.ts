import { parseArgs } from 'node:util';
import { fail } from './fail.ts';

/** What `npm start` was told. */
export interface Arguments {
  readonly port: number;
  /** The folder for sessions, or the URL of a Redis; without one they end with the process. */
  readonly data: string | undefined;
  /** Where the inspector is, if it is wanted. */
  readonly inspect: { readonly port: number; readonly token: string | undefined } | undefined;
  /** Clients that speak both eras are told to do without a session. */
  readonly stateless: boolean;
  /** How many processes serve, beside the one that starts them; `undefined`: this one serves alone. */
  readonly processes?: number | undefined;
}

const options = {
  data: { type: 'string' },
  inspect: { type: 'boolean', default: false },
  processes: { type: 'string' },
  stateless: { type: 'boolean', default: false },
} as const;

const usage = 'npm start -- [--data DIR|redis://HOST | --processes N] [--inspect] [--stateless]';
const wrongUsage = 64;

/** Reads the command line and the environment; what makes no sense ends the process. */
export function readArguments(): Arguments {
  const { data, inspect, processes, stateless } = parse();
  if (data === '') fail(`--data takes a folder or the URL of a Redis: ${usage}.`, wrongUsage);
  if (data !== undefined && processes !== undefined) {
    fail(`Several processes keep their sessions in memory: ${usage}.`, wrongUsage);
  }
  const token = process.env['INSPECT_TOKEN'] || undefined;
  return {
    port: portOf('PORT', 3000),
    data,
    inspect: inspect ? { port: portOf('INSPECT_PORT', 0), token } : undefined,
    stateless,
    processes: processes === undefined ? undefined : countOf(processes),
  };
}

function parse() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    // The first sentence of node's says what is wrong; the others are about other commands.
    const [reason = ''] = (error as Error).message.split(/\.\s/);
    return fail(`${reason}: ${usage}.`, wrongUsage);
  }
}

function countOf(processes: string): number {
  const count = Number(processes);
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  return fail(`--processes takes a number from 1 to 1024: ${usage}.`, wrongUsage);
}

function portOf(name: string, otherwise: number): number {
  const port = Number(process.env[name] || otherwise);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  return fail(`${name} must be a number up to 65535.`);
}

import { tmpdir } from 'node:os';
import { parseArgs } from 'node:util';

export const storeNames = ['memory', 'lmdb'] as const;
export type StoreName = (typeof storeNames)[number];

export interface Options {
  readonly stores: readonly StoreName[];
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Sessions woken in each round. */
  readonly wakes: number;
  /** Sessions that fall asleep at once. */
  readonly crowd: number;
  /** Where durable stores are made. */
  readonly folder: string;
  readonly heap: boolean;
  /** The Node.js to run on: a major version, or a path; the running one without it. */
  readonly node: string | undefined;
  readonly quick: boolean;
  readonly json: string | undefined;
}

const usage = `npm run bench:sleep -- [options]
  --sessions N,M  how many sleep (10000,100000,1000000)
  --store A,B     memory and/or lmdb; without it both
  --rounds N      rounds of wakes, the populations in turn (5)
  --wakes N       sessions woken beside each population in each round (1000)
  --crowd N       sessions that fall asleep at once (100000)
  --folder DIR    where the store on the disk is made (${tmpdir()})
  --heap          what a session asleep in memory consists of, and nothing else
  --node WHICH    the Node.js of driver and servers: 20, 22, 24, 26, or a path
  --json FILE     also write every number there
  --quick         a few thousand sessions: shows that it works, measures nothing`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sessions: { type: 'string' },
      store: { type: 'string', default: storeNames.join() },
      rounds: { type: 'string' },
      wakes: { type: 'string' },
      crowd: { type: 'string' },
      folder: { type: 'string', default: tmpdir() },
      heap: { type: 'boolean', default: false },
      json: { type: 'string' },
      node: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const { quick } = values;
  const sizes = (values.sessions ?? (quick ? '1000,4000' : '10000,100000,1000000')).split(',');
  const stores = storeNames.filter((name) => values.store.split(',').includes(name));
  if (stores.length === 0) {
    throw new RangeError(`--store takes ${storeNames.join()}; got "${values.store}"`);
  }
  return {
    stores,
    // Fewer than are woken or kept awake would leave none to be picked.
    sizes: sizes.map((size) => number('sessions', size, 0, 500)).toSorted((a, b) => a - b),
    rounds: number('rounds', values.rounds, quick ? 1 : 5),
    wakes: number('wakes', values.wakes, quick ? 100 : 1000),
    crowd: number('crowd', values.crowd, 100_000),
    folder: values.folder,
    heap: values.heap,
    node: values.node,
    quick,
    json: values.json,
  };
}

function number(name: string, value: string | undefined, otherwise: number, least = 1): number {
  if (value === undefined) return otherwise;
  const parsed = Number(value);
  if (Number.isInteger(parsed) && parsed >= least) return parsed;
  throw new RangeError(`--${name} takes integers from ${least}; got "${value}"`);
}

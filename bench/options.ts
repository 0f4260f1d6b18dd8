import { parseArgs } from 'node:util';

import { echoServers, type ServerName } from './contenders/echo.ts';
import { type ContenderName, contenderNames } from './contenders/index.ts';

export const figureNames = [
  'calls',
  'churn',
  'memory',
  'profile',
  'profile-churn',
  'heap',
  'watching',
  'stateless',
  'waiting',
] as const;
export type FigureName = (typeof figureNames)[number];

export interface Options {
  readonly contenders: readonly ContenderName[];
  /** Whether the contenders were asked for by name, and are not the default. */
  readonly areNamed: boolean;
  readonly figures: readonly FigureName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly sessions: number;
  readonly idleSessions: number;
  readonly server: ServerName;
  /** The Node.js to run on: a major version, or a path; the running one without it. */
  readonly node: string | undefined;
  readonly quick: boolean;
  readonly json: string | undefined;
}

/** What a run has without `--only`: one of each, in the order of the tables. */
const DEFAULT_CONTENDERS: readonly ContenderName[] = [
  'bare',
  'bare-sse',
  'direct',
  'map',
  'map-json',
  'map-v2',
  'hono',
  'hono-json',
  'tmcp',
  'fastmcp',
  'fastmcp-json',
  'mcp-use',
  'handler-legacy',
  'handler',
  'actors',
  'streams',
  'fetch',
  'ws',
  'watch-metrics',
  'lmdb',
  'redis',
  'cluster',
  'cluster-redis',
  'modern',
];
const DEFAULT_FIGURES: readonly FigureName[] = ['calls', 'churn', 'memory'];

/** Who runs where nobody is named: other figures are of this library, or choose by themselves. */
function contendersOf(figures: readonly FigureName[]): readonly ContenderName[] {
  const isField = figures.some((name) => DEFAULT_FIGURES.includes(name));
  return isField ? DEFAULT_CONTENDERS : ['actors'];
}

const usage = `npm run bench -- [options]
  --rounds N         rounds of the interleaved run (5)
  --seconds N        seconds a contender works in each round (3)
  --idle-sessions N  sessions the memory figure opens (3000)
  --server NAME      what every session has: McpServer, the low-level Server, Wide (53 tools
                     of 25 fields), or Hoisted (a schema made once)
  --only A,B         contenders and/or figures; without it: ${DEFAULT_FIGURES.join(', ')} of
                     ${DEFAULT_CONTENDERS.join(', ')}
  --node WHICH       the Node.js of driver and contenders: 20, 22, 24, 26, or a path
  --json FILE        also write every number there
  --quick            seconds in all: shows that it works, measures nothing

contenders: ${contenderNames.join(', ')}
figures: ${figureNames.join(', ')}`;

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      'idle-sessions': { type: 'string' },
      server: { type: 'string', default: 'McpServer' },
      only: { type: 'string', default: '' },
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
  const only = values.only.split(',').filter((name) => name !== '');
  const known: readonly string[] = [...contenderNames, ...figureNames];
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`--only takes ${known.join(', ')}; got "${unknown}"`);
  }
  const { server } = values;
  if (!(server in echoServers)) {
    throw new RangeError(
      `--server takes ${Object.keys(echoServers).join(' or ')}; got "${server}"`,
    );
  }
  const named = contenderNames.filter((name) => only.includes(name));
  const figures = figureNames.filter((name) => only.includes(name));
  const chosen = figures.length > 0 ? figures : DEFAULT_FIGURES;
  return {
    contenders: named.length > 0 ? named : contendersOf(chosen),
    areNamed: named.length > 0,
    figures: chosen,
    rounds: number('rounds', values.rounds, values.quick ? 1 : 5),
    seconds: number('seconds', values.seconds, values.quick ? 0.3 : 3),
    warmupSeconds: values.quick ? 0.1 : 2,
    connections: values.quick ? 8 : 64,
    sessions: values.quick ? 20 : 200,
    idleSessions: number('idle-sessions', values['idle-sessions'], values.quick ? 100 : 3000),
    // It is one of the keys, as checked above.
    server: server as ServerName,
    node: values.node,
    quick: values.quick,
    json: values.json,
  };
}

function number(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  const parsed = Number(value);
  if (parsed > 0) return parsed;
  throw new RangeError(`--${name} takes a number above 0; got "${value}"`);
}

import { parseArgs } from 'node:util';

import { echoServers, type ServerName } from './contenders/echo.ts';
import { contenders, type ContenderName } from './contenders/index.ts';

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
  readonly figures: readonly FigureName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmupSeconds: number;
  readonly connections: number;
  readonly sessions: number;
  readonly idleSessions: number;
  readonly server: ServerName;
  readonly quick: boolean;
  readonly json: string | undefined;
}

const usage = `npm run bench -- [options]
  --rounds N         rounds of the interleaved run (5)
  --seconds N        seconds a contender works in each round (3)
  --idle-sessions N  sessions the memory figure opens (3000)
  --server NAME      what every session has: McpServer, the low-level Server, Wide (53 tools
                     of 25 fields), or Hoisted (a schema made once)
  --only A,B         contenders (bare, direct, map, map-json, actors, modern..., handler,
                     watch-...) and/or
                     figures (calls, churn, memory, profile, profile-churn, heap, watching,
                     stateless, waiting);
                     without it: bare, map, actors; calls, churn, memory, profile
  --json FILE        also write every number there
  --quick            seconds in all: shows that it works, measures nothing`;

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
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const only = values.only.split(',').filter((name) => name !== '');
  const known = [...Object.keys(contenders), ...figureNames];
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`--only takes ${known.join(', ')}; got "${unknown}"`);
  }
  const chosen = <T extends string>(all: readonly T[], otherwise: readonly T[]): readonly T[] => {
    const named = all.filter((name) => only.includes(name));
    return named.length > 0 ? named : otherwise;
  };
  const { server } = values;
  if (!(server in echoServers)) {
    throw new RangeError(
      `--server takes ${Object.keys(echoServers).join(' or ')}; got "${server}"`,
    );
  }
  const seconds = number('seconds', values.seconds, values.quick ? 0.3 : 3);
  return {
    contenders: chosen(Object.keys(contenders) as ContenderName[], ['bare', 'map', 'actors']),
    figures: chosen(figureNames, ['calls', 'churn', 'memory', 'profile']),
    rounds: number('rounds', values.rounds, values.quick ? 1 : 5),
    seconds,
    warmupSeconds: values.quick ? 0.1 : 2,
    connections: values.quick ? 8 : 64,
    sessions: values.quick ? 20 : 200,
    idleSessions: number('idle-sessions', values['idle-sessions'], values.quick ? 100 : 3000),
    // It is one of the keys, as checked above.
    server: server as ServerName,
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

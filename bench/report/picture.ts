import type { ContenderName } from '../contenders/index.ts';
import { ratio } from '../stats.ts';
import { drawBars, type Bar, type Panel } from './bars.ts';
import type { SavedRounds, SavedRun } from './saved.ts';
import { figure } from './table.ts';

/** Who is in the picture, and as what. */
const LABELS: Partial<Record<ContenderName, string>> = {
  bare: 'node http, no SDK',
  direct: 'SDK server, bare transport',
  map: 'map of transports, SDK v1',
  'map-v2': 'map of transports, SDK v2',
  'hono-json': '@hono/mcp, JSON',
  tmcp: 'tmcp',
  'fastmcp-json': 'fastmcp, JSON',
  'mcp-use': 'mcp-use',
  handler: 'createMcpHandler',
  actors: 'mcp-actors',
  streams: 'mcp-actors, event streams',
  fetch: 'mcp-actors, fetch',
  ws: 'mcp-actors, WebSocket',
  lmdb: 'mcp-actors, LMDB',
  redis: 'mcp-actors, Redis',
  'cluster-redis': 'mcp-actors, cluster',
  modern: 'mcp-actors, stateless',
};

const BASE: ContenderName = 'map';

/** Draws a run that has the map: what others do is a multiple of what it does. */
export function picture({ node, options, calls, churn, memory }: SavedRun): string {
  const panels = [
    panel('Calls per second', MORE, calls, ({ perSecond }) => perSecond),
    panel('Sessions opened and closed per second', MORE, churn, ({ perSecond }) => perSecond),
    panel('CPU of a call', LESS, calls, ({ serverMicros }) => serverMicros),
    panel('Memory of an idle session', LESS, memory, ({ heap }) => heap),
  ].filter((each) => each !== undefined);
  if (panels.length === 0) throw new Error(`Nothing to draw: no figure of the run has "${BASE}"`);
  return drawBars(
    panels,
    `One ${options.server} a session, ${options.connections} connections, Node ${node.slice(1)}; ` +
      `medians of ${options.rounds} interleaved rounds against the map. npm run bench`,
  );
}

const MORE = { note: '× the map of transports; more is better', sign: -1 };
const LESS = { note: '× the map of transports; less is better', sign: 1 };

function panel<T>(
  title: string,
  { note, sign }: typeof MORE,
  rounds: SavedRounds<T> | undefined,
  read: (value: T) => number,
): Panel | undefined {
  const base = rounds?.[BASE]?.map(read);
  if (rounds === undefined || base === undefined) return undefined;
  const bars = Object.entries(LABELS).flatMap(([name, label]): Bar[] => {
    const own = rounds[name]?.map(read);
    if (own === undefined) return [];
    const value = ratio(own, base).median;
    return [{ label, value, text: `${figure(value)} ×`, isOurs: label.startsWith('mcp-actors') }];
  });
  return { title, note, bars: bars.toSorted((a, b) => sign * (a.value - b.value)) };
}

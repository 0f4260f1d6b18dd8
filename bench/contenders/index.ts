import type { Runtime } from '../../src/index.ts';
import type { Contender, MakeServer } from './contender.ts';
import type { Setting } from './setting.ts';
import type { keeping } from './kept.ts';
import type { MakeModernServer } from './modernServers.ts';
import type { PeerName } from './peer.ts';
import type { watchers } from './watchers.ts';

/** How the clients of a contender speak. */
export type Speech =
  /** in sessions over Streamable HTTP */
  | 'sessions'
  /** a session a WebSocket */
  | 'sockets'
  /** as in sessions, to a server that opens none: each request stands alone */
  | 'requests'
  /** the stateless revision */
  | 'modern';

/** Which of the servers in `echo.ts` a contender can host. */
export type Hosts =
  /** each of them */
  | 'any'
  /** those that `modernServers.ts` has a form of SDK v2 for */
  | 'v2'
  /** its own, the like of `McpServer`: a package with its own way to write tools */
  | 'own';

/** A contender, as the driver knows it. */
export interface Kind {
  readonly speech: Speech;
  readonly hosts: Hosts;
  /** Whether its clients name event streams first. */
  readonly prefersStreams?: true;
  readonly needs?: 'redis' | 'peers';
  /** Oldest major of Node.js that a package runs on. */
  readonly sinceNode?: number;
}

/** Loaded on demand, so that no child carries the modules of another contender. */
interface Entry extends Kind {
  start(make: MakeServer, setting: Setting): Promise<Contender>;
}

const SESSIONS = { speech: 'sessions', hosts: 'any' } as const;
const MODERN = { speech: 'modern', hosts: 'any' } as const;
const MODERN_V2 = { speech: 'modern', hosts: 'v2' } as const;
const PEER = { needs: 'peers', speech: 'sessions', hosts: 'own' } as const;

/** The servers that are compared, and how the driver speaks with each. */
export const contenders = {
  bare: {
    ...SESSIONS,
    start: async () => (await import('./bare.ts')).bare((await import('./http.ts')).json),
  },
  'bare-sse': {
    ...SESSIONS,
    start: async () => (await import('./bare.ts')).bare((await import('./http.ts')).eventStream),
  },
  direct: { ...SESSIONS, start: async (make) => (await import('./direct.ts')).direct(make) },
  map: { ...SESSIONS, start: async (make) => (await import('./map.ts')).map(make, false) },
  'map-json': { ...SESSIONS, start: async (make) => (await import('./map.ts')).map(make, true) },
  'map-v2': {
    ...SESSIONS,
    hosts: 'v2',
    start: ofV2(async (make) => (await import('./mapV2.ts')).mapV2(make, false)),
  },
  'map-v2-json': {
    ...SESSIONS,
    hosts: 'v2',
    start: ofV2(async (make) => (await import('./mapV2.ts')).mapV2(make, true)),
  },
  hono: { ...PEER, hosts: 'any', start: peer('hono', false) },
  'hono-json': { ...PEER, hosts: 'any', start: peer('hono', true) },
  tmcp: { ...PEER, start: peer('tmcp', false) },
  fastmcp: { ...PEER, start: peer('fastmcp', false) },
  'fastmcp-json': { ...PEER, start: peer('fastmcp', true) },
  'mcp-use': { ...PEER, speech: 'modern', sinceNode: 22, start: peer('mcpUse', false) },
  'handler-legacy': {
    speech: 'requests',
    hosts: 'v2',
    start: ofV2(async (make) => (await import('./handler.ts')).handler(make, 'stateless')),
  },
  handler: {
    ...MODERN_V2,
    start: ofV2(async (make) => (await import('./handler.ts')).handler(make, 'reject')),
  },
  actors: { ...SESSIONS, start: async (make) => served(await hosted(make)) },
  streams: {
    ...SESSIONS,
    prefersStreams: true,
    start: async (make) => served(await hosted(make)),
  },
  fetch: {
    ...SESSIONS,
    start: async (make) => (await import('./doors.ts')).fetchDoor(await hosted(make)),
  },
  ws: {
    speech: 'sockets',
    hosts: 'any',
    start: async (make) => (await import('./doors.ts')).webSocketDoor(await hosted(make)),
  },
  lmdb: { ...SESSIONS, start: kept('lmdb') },
  redis: { ...SESSIONS, needs: 'redis', start: kept('redis') },
  cluster: { ...SESSIONS, start: kept('cluster') },
  'cluster-redis': { ...SESSIONS, needs: 'redis', start: kept('cluster-redis') },
  modern: {
    ...MODERN,
    start: async (make) => (await import('./modern.ts')).modern(make, 'principal'),
  },
  'modern-shared': {
    ...MODERN,
    start: async (make) => (await import('./modern.ts')).modern(make, 'shared'),
  },
  'modern-request': {
    ...MODERN,
    start: async (make) => (await import('./modern.ts')).modern(make, 'request'),
  },
  'modern-v2': {
    ...MODERN_V2,
    start: ofV2(async (make) => (await import('./modern.ts')).modern(make, 'principal')),
  },
  'watch-left': { ...SESSIONS, start: watched('left') },
  'watch-transitions': { ...SESSIONS, start: watched('transitions') },
  'watch-messages': { ...SESSIONS, start: watched('messages') },
  'watch-metrics': { ...SESSIONS, start: watched('metrics') },
  'watch-spans': { ...SESSIONS, start: watched('spans') },
} satisfies Record<string, Entry>;

export type ContenderName = keyof typeof contenders;

/** All of them, in the order of a table. */
export const contenderNames = Object.keys(contenders) as readonly ContenderName[];

export function kindOf(name: ContenderName): Kind {
  return contenders[name];
}

/** Whether clients of a contender open and close sessions. */
export function hasSessions(name: ContenderName): boolean {
  const { speech } = kindOf(name);
  return speech === 'sessions' || speech === 'sockets';
}

/** Contenders whose clients speak the stateless revision, of this tree's own packages. */
export const STATELESS: readonly ContenderName[] = contenderNames.filter((name) => {
  const { needs, speech } = kindOf(name);
  return speech === 'modern' && needs === undefined;
});

function ofV2(start: (make: MakeModernServer) => Promise<Contender>): Entry['start'] {
  return async (_, { server }) => start((await import('./modernServers.ts')).modernServer(server));
}

function peer(name: PeerName, json: boolean): Entry['start'] {
  return async (make, setting) => (await import('./peer.ts')).peer(name, make, setting, json);
}

async function hosted(make: MakeServer): Promise<Runtime> {
  return (await import('./actors.ts')).hosting(make);
}

async function served(runtime: Runtime): Promise<Contender> {
  return (await import('./actors.ts')).actors(runtime);
}

function kept(how: keyof typeof keeping): Entry['start'] {
  return async (make, setting) => {
    const { keeping } = await import('./kept.ts');
    return served((await import('./actors.ts')).hosting(make, keeping[how](setting)));
  };
}

function watched(watcher: keyof typeof watchers): Entry['start'] {
  return async (make) => {
    const all = await import('./watchers.ts');
    return (await import('./actors.ts')).actors(await hosted(make), all.watchers[watcher]);
  };
}

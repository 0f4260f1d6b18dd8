/** Who a function belongs to. `ours`: this library, and what it brings along. */
export const groups = {
  port: { ours: true, what: 'the door of node http: its handler, its port' },
  doors: { ours: true, what: 'other adapters: serve, fetch, WebSocket, stdio, ws' },
  body: { ours: true, what: 'reading, scanning and classifying a body' },
  uploads: { ours: true, what: 'who may send how much' },
  endpoint: { ours: true, what: 'heads, rules, refusals, the exchange of a request' },
  lookup: { ours: true, what: 'directory, principal, actors and their places' },
  mailbox: { ours: true, what: 'mailbox, envelopes, questions' },
  machine: { ours: true, what: 'machines/, xstate' },
  session: { ours: true, what: 'session, connection, transport' },
  context: { ours: true, what: 'AsyncLocalStorage (for sessionLocal, currentSession)' },
  streams: { ours: true, what: 'event streams, replay, what is unread' },
  journal: { ours: true, what: 'events, journal, counters, eventemitter3' },
  deadlines: { ours: true, what: 'deadlines and clock' },
  store: { ours: true, what: 'stores, records, Redis, LMDB, ioredis' },
  cluster: { ours: true, what: 'sessions of several processes' },
  modern: { ours: true, what: 'the stateless revision, handles, machines of the user' },
  base: { ours: true, what: 'what all rooms share' },
  watching: { ours: true, what: 'plug-ins that watch, host or pass on' },
  unnamed: { ours: true, what: 'files that bench/profile/groups.ts does not name' },
  sdk: { ours: false, what: 'SDK server' },
  zod: { ours: false, what: 'zod' },
  http: { ours: false, what: 'express, @hono/node-server and theirs' },
  tool: { ours: false, what: 'the echo tool and the contender' },
  node: { ours: false, what: 'node' },
  engine: { ours: false, what: 'V8, system calls' },
  gc: { ours: false, what: 'garbage collection' },
} as const;

export type Group = keyof typeof groups;

/** Files of a room that has several groups, without their ending. */
const files = (group: Group, room: string, names: string): (readonly [string, Group])[] =>
  names.split(' ').map((name) => [`src/${room}/${name}.ts`, group]);

/** The first that fits counts: files by their names, then rooms, then packages. */
export const owners: readonly (readonly [prefix: string, group: Group])[] = [
  ...files('port', 'adapters', 'nodeHandler nodePort nodeOrigin hosted microtasks'),
  ...files('port', 'wire', 'port'),
  ...files('body', 'adapters', 'nodeBody continueWhenRead'),
  ...files('body', 'wire', 'body chunks jsonrpc scan verbatim'),
  ...files('body', 'http', 'bodyConsumed countWaiting'),
  ...files('body', 'base', 'gatheredBytes'),
  ...files('uploads', 'http', 'upload uploadBudget'),
  ...files('uploads', 'base', 'callRate'),
  ...files('endpoint', 'http', 'delivery endpoint endpointOf httpExchange leg screen sessionLeg'),
  ...files('endpoint', 'wire', 'authInfo cors headers implementation origin refusals target'),
  ...files('endpoint', 'wire', 'sdkTransport versions'),
  ...files('lookup', 'http', 'principal'),
  ...files('streams', 'http', 'countedStream eventLog eventQueue httpOutlets numbers outbox'),
  ...files('streams', 'http', 'outboxHost readers recall replay replayBudget restoreStreams'),
  ...files('streams', 'http', 'stream streamRows streamTimers takeovers unread unreadBudget'),
  ...files('streams', 'http', 'waitingRoom'),
  ...files('streams', 'wire', 'eventId sse'),
  ...files('doors', 'http', 'fetch fetchPort health healthFetch'),
  ...files('mailbox', 'session', 'arrivals asks earlyCancels envelope exchange mailbox'),
  ...files('mailbox', 'session', 'ownQuestions questions queueAccount requestEvents'),
  ...files('context', 'session', 'callScope context sessionLocal'),
  ...files('context', 'base', 'asyncContext'),
  ...files('journal', 'base', 'ring'),
  ...files('deadlines', 'base', 'clock deadlines timetable'),
  ['machines/', 'machine'],
  ['src/adapters/', 'doors'],
  ['src/session/', 'session'],
  ['src/events/', 'journal'],
  ['src/base/', 'base'],
  ['src/directory/', 'lookup'],
  ['src/actor/', 'lookup'],
  ['src/store/', 'store'],
  ['src/redis/', 'store'],
  ['src/cluster/', 'cluster'],
  ['src/processes/', 'cluster'],
  ['src/modern/', 'modern'],
  ['src/handles/', 'modern'],
  ['src/machine/', 'modern'],
  ['src/watch/', 'watching'],
  ['src/cli/', 'watching'],
  ['src/gateway/', 'watching'],
  ['src/host/', 'watching'],
  ['src/testing/', 'watching'],
  ['src/index.ts', 'lookup'],
  ['src/options.ts', 'lookup'],
  ['src/runtime', 'lookup'],
  ['src/', 'unnamed'],
  ['bench/', 'tool'],
  ['node_modules/xstate/', 'machine'],
  ['node_modules/eventemitter3/', 'journal'],
  ['node_modules/ws/', 'doors'],
  ['node_modules/lmdb/', 'store'],
  ['node_modules/msgpackr', 'store'],
  ['node_modules/ioredis/', 'store'],
  ['node_modules/redis-parser/', 'store'],
  ['node_modules/@modelcontextprotocol/', 'sdk'],
  ['node_modules/zod/', 'zod'],
  ['node_modules/', 'http'],
  ['node:', 'node'],
];

/** Runs once per promise while an AsyncLocalStorage is in use, and never otherwise (Node 20). */
const hooks = /^promise|^lookupPublicResource$|^emitInitNative$/;

/**
 * @param file as a profile names it, from the root of this tree or from `node_modules/` on
 * @param name of the function
 */
export function groupOf(file: string, name: string): Group {
  if (name === '(garbage collector)') return 'gc';
  if (file === 'node:async_hooks' || file.startsWith('node:internal/async_local_storage')) {
    return 'context';
  }
  if (file === 'node:internal/async_hooks' && hooks.test(name)) return 'context';
  // Made for each run of a store (Node 24).
  if (file === 'node:internal/async_context_frame' && name === 'AsyncContextFrame')
    return 'context';
  return owners.find(([prefix]) => file.startsWith(prefix))?.[1] ?? 'engine';
}

/**
 * Who a function belongs to. `ours`: this library; `actors`: counts towards the share of a call that
 * machine, mailbox and events may take.
 */
export const groups = {
  machine: { ours: true, actors: true, what: 'machines/, xstate' },
  mailbox: { ours: true, actors: true, what: 'mailbox and exchanges' },
  events: { ours: true, actors: true, what: 'events, journal, eventemitter3' },
  supervisor: { ours: true, actors: true, what: 'supervisor, session, the rest' },
  context: {
    ours: true,
    actors: false,
    what: 'AsyncLocalStorage (for sessionLocal, currentSession)',
  },
  transport: { ours: true, actors: false, what: 'connection, transport, streams' },
  wire: { ours: true, actors: false, what: 'endpoint, wire rules, adapters' },
  sdk: { ours: false, actors: false, what: 'SDK server' },
  zod: { ours: false, actors: false, what: 'zod' },
  http: { ours: false, actors: false, what: 'express, @hono/node-server and theirs' },
  tool: { ours: false, actors: false, what: 'the echo tool and the contender' },
  node: { ours: false, actors: false, what: 'node' },
  engine: { ours: false, actors: false, what: 'V8, system calls' },
  gc: { ours: false, actors: false, what: 'garbage collection' },
} as const;

export type Group = keyof typeof groups;

const ours: readonly [prefix: string, group: Group][] = [
  ['machines/', 'machine'],
  ['src/mailbox', 'mailbox'],
  ['src/exchange', 'mailbox'],
  ['src/delivery', 'mailbox'],
  ['src/events', 'events'],
  ['src/journal', 'events'],
  ['src/transport', 'transport'],
  ['src/connection', 'transport'],
  ['src/outbox', 'transport'],
  ['src/outgoing', 'transport'],
  ['src/replay', 'transport'],
  ['src/stream', 'transport'],
  ['src/context', 'context'],
  ['src/endpoint', 'wire'],
  ['src/httpExchange', 'wire'],
  ['src/wire/', 'wire'],
  ['src/adapters/', 'wire'],
  // Whatever else lies in src/ is the actors' until a line here says otherwise.
  ['src/', 'supervisor'],
  ['bench/', 'tool'],
  ['node_modules/xstate/', 'machine'],
  ['node_modules/eventemitter3/', 'events'],
  ['node_modules/@modelcontextprotocol/', 'sdk'],
  ['node_modules/zod/', 'zod'],
  ['node_modules/', 'http'],
  ['node:', 'node'],
];

/** Runs once per promise while an AsyncLocalStorage is in use, and never otherwise (Node 20). */
const hooks = /^promise|^lookupPublicResource$|^emitInitNative$/;

export function groupOf(file: string, name: string): Group {
  if (name === '(garbage collector)') return 'gc';
  if (file === 'node:async_hooks' || (file === 'node:internal/async_hooks' && hooks.test(name))) {
    return 'context';
  }
  return ours.find(([prefix]) => file.startsWith(prefix))?.[1] ?? 'engine';
}

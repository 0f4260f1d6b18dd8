/**
 * A process of its own for errors that nobody catches: the test runner listens for those itself.
 * Says what happened as one line of JSON.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { EventEmitter } from 'node:events';
import type { Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { turn } from './eventually.ts';
import { FakeRuntime } from './fakeRuntime.ts';
import { WireClient } from './wireClient.ts';

const NEIGHBOURS = 999;

/** Ways to fail where no caller can catch it. */
const ESCAPES: Readonly<Record<string, (error: unknown) => void>> = {
  'a timer': (error) => {
    setTimeout(() => {
      throw error;
    }, 0);
  },
  'an immediate': (error) => {
    setImmediate(() => {
      throw error;
    });
  },
  'a microtask': (error) =>
    queueMicrotask(() => {
      throw error;
    }),
  'a tick': (error) =>
    process.nextTick(() => {
      throw error;
    }),
  'an unawaited promise': (error) => {
    void (async () => {
      throw error;
    })();
  },
  'an unawaited function, later': (error) => {
    void (async () => {
      await turn();
      await turn();
      throw error;
    })();
  },
  'an emitter without a listener': (error) => {
    setImmediate(() => new EventEmitter().emit('error', error));
  },
};

type Place = 'handler' | 'factory' | 'state()' | 'release';

function start(): FakeRuntime {
  const world: FakeRuntime = new FakeRuntime({
    maxSessions: 2000,
    // How busy the machine is, is not what is looked at.
    maxLoopDelayMs: Infinity,
    report: false,
    state: () => escape('state()', currentUser),
    server: (session: Session) => {
      keys.set(session.principal, session.key);
      escape('factory', session.principal);
      session.own(() => escape('release', session.principal));
      session.signal.addEventListener('abort', () => {
        if (session.principal === 'abort listener') throw new Error(session.principal);
      });
      return world.serve((message) => {
        if ('method' in message && message.method === 'escape')
          escape('handler', session.principal);
      });
    },
  });
  return world;
}

const original = queueMicrotask;

let currentUser: string | undefined;
const keys = new Map<string | undefined, string>();

/** A user is named after the place and the way to fail. */
function escape(place: Place, user: string | undefined): void {
  const [where, how = ''] = user?.split(': ') ?? [];
  if (where === place) ESCAPES[how]?.(new Error(user));
}

async function contained(): Promise<void> {
  const world = start();
  const http = await serve(world.runtime, { port: 0, contain: 'all' });
  const neighbours: WireClient[] = [];
  while (neighbours.length < NEIGHBOURS) {
    neighbours.push(...(await Promise.all(Array.from({ length: 27 }, () => world.open()))));
  }
  const crashes = world.record('session.crashed');
  const orphans = world.record('session.orphan');
  const escapes = world.record('error.escaped');
  const heard = (): number => crashes.length + orphans.length + escapes.length;
  const users = [
    ...Object.keys(ESCAPES).map((how) => `handler: ${how}`),
    ...['factory', 'state()', 'release'].flatMap((place) => [
      `${place}: a timer`,
      `${place}: an unawaited promise`,
    ]),
    'abort listener',
  ];
  const report: unknown[] = [];
  for (const user of users) {
    currentUser = user;
    const client = await WireClient.of(world.runtime, { headers: { 'x-user': user } });
    await client.initialize();
    const key = keys.get(user);
    currentUser = undefined;
    let error: unknown;
    if (user.startsWith('handler')) {
      const call = client.call('hold');
      void client.call('escape');
      error = (await call).error;
    }
    await client.delete();
    for (let i = 0; i < 1000 && heard() === 0; i++) await turn();
    for (let i = 0; i < 20; i++) await turn();
    const answers = await Promise.all(neighbours.map((each) => each.call('tools/list')));
    report.push({
      user,
      error,
      crashes: crashes.splice(0).map(({ session, error: own }) => [session === key, text(own)]),
      // Requests that were cut are orphans too; they have no error to tell.
      orphans: orphans
        .splice(0)
        .filter(({ error: own }) => own !== undefined)
        .map(({ session, error: own }) => [session === key, text(own)]),
      escapes: escapes.splice(0).map(({ session, error: own }) => [session === key, text(own)]),
      answered: answers.filter(({ result }) => result !== undefined).length,
      left: world.runtime.stats().sessions.total - NEIGHBOURS,
    });
  }
  console.log(JSON.stringify(report));
  await Promise.all([http.close({ deadlineMs: 1000 }), world.clock.elapse(1000)]);
  const left = ['uncaughtException', 'uncaughtExceptionMonitor', 'unhandledRejection'];
  console.log(JSON.stringify(left.map((event) => process.listenerCount(event))));
  console.log(queueMicrotask === original);
}

/** Fails in a finalizer, below a handler; says what became of it. */
async function finalizer(): Promise<void> {
  let finalized!: () => void;
  const done = new Promise<void>((resolve) => (finalized = resolve));
  const registry = new FinalizationRegistry(() => {
    finalized();
    throw new Error('a finalizer');
  });
  const world: FakeRuntime = new FakeRuntime({
    server: () =>
      world.serve((message) => {
        if ('method' in message && message.method === 'escape') registry.register({}, 0);
      }),
  });
  await serve(world.runtime, { port: 0, contain: 'all' });
  const client = await world.open();
  void client.call('hold');
  await client.call('escape');
  await turn();
  gc?.();
  await done;
  await turn();
  const { evicted } = world.runtime.stats();
  console.log(world.runtime.isReady ? `contained: ${evicted.crashed}` : 'the process ends');
  process.exit();
}

/** Without this library: whether node knows, in the end, whose finalizer has thrown. */
async function bare(): Promise<void> {
  const storage = new AsyncLocalStorage();
  const registry = new FinalizationRegistry(() => {
    throw new Error('a finalizer');
  });
  process.on('uncaughtException', () => {
    console.log(storage.getStore() === 'session');
    process.exit();
  });
  storage.run('session', () => registry.register({}, 0));
  await turn();
  gc?.();
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const scenarios: Readonly<Record<string, () => Promise<void>>> = { contained, finalizer, bare };
await scenarios[process.argv[2] ?? '']?.();

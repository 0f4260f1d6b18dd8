/**
 * A process of its own for errors that nobody catches: the test runner listens for those itself.
 * Says what happened as one line of JSON.
 */
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

let currentUser: string | undefined;
const keys = new Map<string | undefined, string>();

/** A user is named after the place and the way to fail. */
function escape(place: Place, user: string | undefined): void {
  const [where, how = ''] = user?.split(': ') ?? [];
  if (where === place) ESCAPES[how]?.(new Error(user));
}

async function contained(): Promise<void> {
  const world = start();
  const http = await serve(world.runtime, { port: 0 });
  const neighbours: WireClient[] = [];
  while (neighbours.length < NEIGHBOURS) {
    neighbours.push(...(await Promise.all(Array.from({ length: 27 }, () => world.open()))));
  }
  const crashes = world.record('session.crashed');
  const orphans = world.record('session.orphan');
  const users = [
    ...Object.keys(ESCAPES)
      .filter((how) => how !== 'a microtask')
      .map((how) => `handler: ${how}`),
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
    for (let i = 0; i < 1000 && crashes.length + orphans.length === 0; i++) await turn();
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
      answered: answers.filter(({ result }) => result !== undefined).length,
      left: world.runtime.stats().sessions.total - NEIGHBOURS,
    });
  }
  console.log(JSON.stringify(report));
  await Promise.all([http.close({ deadlineMs: 1000 }), world.clock.elapse(1000)]);
  console.log(JSON.stringify(process.listenerCount('uncaughtException')));
}

async function microtask(): Promise<void> {
  const world = start();
  const http = await serve(world.runtime, { port: 0 });
  const client = await world.open('handler: a microtask');
  void client.call('escape');
  await turn();
  await turn();
  console.log(world.runtime.stats().evicted.crashed);
  await Promise.all([http.close({ deadlineMs: 1000 }), world.clock.elapse(1000)]);
}

async function outside(how: string): Promise<void> {
  const world = start();
  await serve(world.runtime, { port: 0 });
  await world.open();
  ESCAPES[how]?.(new Error('of no session'));
  // Alive for ever, unless the error ends it.
  setInterval(() => {}, 1000);
}

/** A host that reports what escapes, and ends by itself. */
async function reported(event: string, how: string): Promise<void> {
  process.on(event, (error: Error, origin: unknown) => {
    console.log(typeof origin === 'string' ? `${error.message}, ${origin}` : error.message);
    process.exit(7);
  });
  await outside(how);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const [scenario = '', how = '', event = ''] = process.argv.slice(2);
if (scenario === 'outside') await outside(how);
else if (scenario === 'reported') await reported(event, how);
else if (scenario === 'microtask') await microtask();
else await contained();

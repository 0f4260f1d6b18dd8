/**
 * A process of its own that one stray error reaches: says as lines what the host's listeners heard,
 * and, where the process lives on, what became of the session and of its neighbour.
 */
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Session } from 'mcp-actors';
import { nodeHandler, serve } from 'mcp-actors/node';
import { turn } from './eventually.ts';
import { FakeRuntime } from './fakeRuntime.ts';

const [guard, listeners, whose, how] = process.argv.slice(2);

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

function listen(event: string): void {
  process.on(event, (error: Error, origin: unknown) => {
    say(`${event}: ${error.message}, ${typeof origin === 'string' ? origin : 'a promise'}`);
  });
}

const heard: Readonly<Record<string, readonly string[]>> = {
  none: [],
  exception: ['uncaughtException'],
  rejection: ['unhandledRejection'],
  both: ['uncaughtException', 'unhandledRejection'],
  monitor: ['uncaughtExceptionMonitor'],
};
for (const event of heard[listeners ?? ''] ?? []) listen(event);
process.on('exit', (code) => say(`exit: ${code}`));

/** Throws `boom`, or has this library throw. */
function fail(session?: Session): void {
  if (whose !== 'library' || session === undefined) throw new Error('boom');
  session.notify.call({} as Session, 'notifications/x');
}

function escape(session?: Session): void {
  if (how === 'timer') setTimeout(() => fail(session), 0);
  else void (async () => fail(session))();
}

async function settle(): Promise<void> {
  // A timer fires within so many turns: each of them polls.
  const passed = new Promise((resolve) => setTimeout(resolve, 20));
  for (let i = 0; i < 50; i++) await turn();
  await passed;
}

if (guard === 'nothing') {
  escape();
  await settle();
  say('lives');
  process.exit();
}

const world: FakeRuntime = new FakeRuntime({
  server: (session: Session) =>
    world.serve((message) => {
      if ('method' in message && message.method === 'escape') escape(session);
    }),
});
const events = { crashed: 0, escaped: [] as string[] };
world.runtime.on('session.crashed', () => events.crashed++);
world.runtime.on('error.escaped', ({ why, session }) => {
  events.escaped.push(`${why} ${session === undefined ? 'of nobody' : 'of the session'}`);
});
const http =
  guard === 'mount'
    ? createServer(nodeHandler(world.runtime)).listen(0)
    : await serve(world.runtime, { port: 0, contain: guard === 'all' ? 'all' : 'rejections' });
process.on('exit', () => say(JSON.stringify(events)));

const [client, neighbour] = [await world.open(), await world.open()];
if (whose === 'nobody') escape();
else {
  void client.call('hold');
  void client.call('escape');
}
await settle();
if (world.runtime.isReady) {
  const reply = await client.request('ping');
  say(`lives: ${reply.status}, its neighbour: ${(await neighbour.request('ping')).status}`);
  process.exit();
} else {
  // The process ends by itself, when the virtual time for what is in flight is over.
  await world.clock.elapse(20_000);
}
void http;

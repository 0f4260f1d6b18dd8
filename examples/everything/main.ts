import { closeSync } from 'node:fs';
import { createRuntime } from 'mcp-actors';
import { type Inspector, serveInspector } from 'mcp-actors/inspector';
import { serve } from 'mcp-actors/node';
import { readArguments } from './arguments.ts';
import { fail } from './fail.ts';
import { openStore, placeOf } from './open-store.ts';
import { createEverythingServer } from './server.ts';
import { initialState } from './state.ts';
import { keepStatusLine } from './status-line.ts';
import { taskMode } from './tools/task-tools.ts';
import { welcome } from './welcome.ts';

// A terminal or pipe that is gone must not end the server, least of all while it drains.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const { port, data, inspect, stateless } = readArguments();

const runtime = createRuntime({
  server: createEverythingServer,
  state: initialState,
  modern: { prefer: stateless ? 'stateless' : 'sessions' },
  tasks: { afterMs: 300, mode: taskMode },
  // With a folder or a Redis for them, sessions outlive this process.
  ...(data !== undefined && { store: await openStore(data) }),
});
runtime.on('store.failed', ({ doing, error }) => console.error(`Store, ${doing}:`, error));

const host = await serve(runtime, { port }).catch(busy(port, 'PORT=3001 npm start'));
const inspector: Inspector | undefined = inspect
  ? await serveInspector(runtime, {
      port: inspect.port,
      ...(inspect.token !== undefined && { token: inspect.token }),
    }).catch(busy(inspect.port, 'INSPECT_PORT=3002 npm start -- --inspect'))
  : undefined;

const kept = data && placeOf(data);
console.log(welcome({ url: host.url, inspector: inspector?.url, data: kept }));
const stopStatusLine = keepStatusLine(runtime);

const signal = await new Promise((resolve) => {
  // Not `once`: npm repeats a Ctrl-C to its child. The drain ends by itself, so it may ignore more.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => resolve(name));
});

stopStatusLine();
console.log('Finishing what is in flight …');
await host.close({ deadlineMs: 5000 });
// At exit node restores the terminal, and aborts when an open one is gone.
if (signal === 'SIGHUP') for (const fd of [0, 1, 2]) closeSync(fd);
process.exit(0);

function busy(wanted: number, example: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return fail(`Port ${wanted} is already in use; choose another, as in ${example}.`);
  };
}

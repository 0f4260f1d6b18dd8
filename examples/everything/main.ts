import { closeSync } from 'node:fs';
import { resolve as absolute } from 'node:path';
import { createRuntime } from 'mcp-actors';
import { type Inspector, serveInspector } from 'mcp-actors/inspector';
import { serve } from 'mcp-actors/node';
import { readArguments } from './arguments.ts';
import { fail } from './fail.ts';
import { openStore } from './open-store.ts';
import { createEverythingServer } from './server.ts';
import { initialState } from './state.ts';
import { keepStatusLine } from './status-line.ts';
import { taskMode } from './tools/task-tools.ts';

// A terminal or pipe that is gone must not end the server, least of all while it drains.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const { port, data, inspect, stateless } = readArguments();

const runtime = createRuntime({
  server: createEverythingServer,
  state: initialState,
  modern: { prefer: stateless ? 'stateless' : 'sessions' },
  tasks: { afterMs: 300, mode: taskMode },
  // With a folder for them, sessions outlive this process.
  ...(data !== undefined && { store: openStore(data) }),
});
runtime.on('store.failed', ({ doing, error }) => console.error(`Store, ${doing}:`, error));

const host = await serve(runtime, { port }).catch(busy(port, 'PORT=3001 npm start'));
const inspector: Inspector | undefined = inspect
  ? await serveInspector(runtime, {
      port: inspect.port,
      ...(inspect.token !== undefined && { token: inspect.token }),
    }).catch(busy(inspect.port, 'INSPECT_PORT=3002 npm start -- --inspect'))
  : undefined;

console.log(`The everything server listens at ${host.url}

  claude mcp add --transport http everything ${host.url}
  ${lookAt(host.url)}

${inspector ? `The inspector, for this machine alone: ${inspector.url}` : 'See every session: npm start -- --inspect'}
${data === undefined ? 'Keep them when it ends: npm start -- --data ./data' : `Sessions are kept in ${absolute(data)}`}

Ctrl-C ends it.
`);
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

/** What looks at it: the SDK's inspector, where this Node is new enough to run the present one. */
function lookAt(url: string): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 19)
    ? `npx @modelcontextprotocol/inspector@2 --transport http --server-url ${url}`
    : `npx tsx src/cli/bin.ts check ${url}`;
}

function busy(wanted: number, example: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return fail(`Port ${wanted} is already in use; choose another, as in ${example}.`);
  };
}

import { closeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { createRuntime } from 'mcp-actors';
import { type Inspector, serveInspector } from 'mcp-actors/inspector';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { serve } from 'mcp-actors/node';
import { createEverythingServer } from './server.ts';
import { initialState } from './state.ts';
import { keepStatusLine } from './status-line.ts';

const port = Number(process.env['PORT'] || 3000);
if (!Number.isInteger(port) || port < 0 || port > 65535) fail('PORT must be a number up to 65535.');

const options = { data: { type: 'string' }, inspect: { type: 'boolean' } } as const;
const { data, inspect } = parseArgs({ options }).values;

const runtime = createRuntime({
  server: createEverythingServer,
  state: initialState,
  // With a folder for them, sessions outlive this process.
  ...(data !== undefined && { store: openLmdbStore({ path: data }) }),
});
const host = await serve(runtime, { port }).catch((error: NodeJS.ErrnoException) =>
  error.code === 'EADDRINUSE'
    ? fail(`Port ${port} is already in use; choose another, as in PORT=3001 npm start.`)
    : Promise.reject(error),
);

const inspector: Inspector | undefined = inspect
  ? await serveInspector(runtime, {
      port: Number(process.env['INSPECT_PORT'] || 0),
      ...(process.env['INSPECT_TOKEN'] && { token: process.env['INSPECT_TOKEN'] }),
    })
  : undefined;

console.log(`The everything server listens at ${host.url}

  claude mcp add --transport http everything ${host.url}
  npx @modelcontextprotocol/inspector --transport http --server-url ${host.url}

${inspector ? `The inspector, for this machine alone: ${inspector.url}` : 'See every session: npm start -- --inspect'}

Ctrl-C ends it.
`);
// A terminal or pipe that is gone must not end the server, least of all while it drains.
process.stdout.on('error', () => {});
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

function fail(sentence: string): never {
  console.error(sentence);
  process.exit(1);
}

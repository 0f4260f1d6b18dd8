import { parseArgs } from 'node:util';
import { createRuntime } from 'mcp-actors';
import { legacySse, serve } from 'mcp-actors/node';
import { serveStdio } from 'mcp-actors/stdio';
import { serveWebSocket } from 'mcp-actors/websocket';
import { openStore } from '../../examples/everything/open-store.ts';
import { createEverythingServer } from '../../examples/everything/server.ts';
import { initialState } from '../../examples/everything/state.ts';

/** The server of the everything example, with a door for each kind of client. */
const { values } = parseArgs({
  options: { data: { type: 'string' }, stdio: { type: 'boolean', default: false } },
});

const runtime = createRuntime({
  server: createEverythingServer,
  state: initialState,
  // It shares its processor with some thirty clients: to refuse them then is right, and tried elsewhere.
  maxLoopDelayMs: Infinity,
  ...(values.data !== undefined && { store: await openStore(values.data) }),
});

if (values.stdio) {
  serveStdio(runtime);
} else {
  const { server, url } = await serve(runtime, {
    port: Number(process.env['PORT']),
    otherwise: legacySse(runtime),
    signals: true,
  });
  serveWebSocket(runtime, { server });
  console.log(`It listens at ${url}`);
}

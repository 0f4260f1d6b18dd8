import { parseArgs } from 'node:util';
import { createRuntime } from 'mcp-actors';
import { legacySse, serve } from 'mcp-actors/node';
import { redisCluster } from 'mcp-actors/redis';
import { serveStdio } from 'mcp-actors/stdio';
import { serveWebSocket } from 'mcp-actors/websocket';
import { openStore } from '../../examples/everything/open-store.ts';
import { createEverythingServer } from '../../examples/everything/server.ts';
import { initialState } from '../../examples/everything/state.ts';
import { toolTable } from '../../examples/everything/tools/serve-tools.ts';
import { clientsTaskMode, clientsTools } from './tools.ts';

/** The server of the everything example, with users, more tools, and a door for each kind of client. */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    redis: { type: 'string' },
    stateless: { type: 'boolean', default: false },
    stdio: { type: 'boolean', default: false },
  },
});
const SECRET = 'of a test: thirty-two characters';
const tools = toolTable(clientsTools);

const runtime = createRuntime({
  server: (session) => createEverythingServer(session, tools),
  state: initialState,
  principal: (_, { headers }) => /^Bearer (.+)$/.exec(String(headers['authorization']))?.[1],
  modern: { prefer: values.stateless ? 'stateless' : 'sessions' },
  tasks: { afterMs: 300, pollMs: 100, mode: clientsTaskMode },
  // It shares its processor with many clients: to refuse them then is right, and tried elsewhere.
  maxLoopDelayMs: Infinity,
  ...(values.data !== undefined && { store: await openStore(values.data) }),
  ...(values.redis !== undefined && {
    cluster: redisCluster({ url: values.redis, secret: SECRET, leaseMs: 5000 }),
  }),
});

if (values.stdio) {
  serveStdio(runtime);
} else {
  const { server, url } = await serve(runtime, {
    port: Number(process.env['PORT']),
    otherwise: legacySse(runtime),
    health: true,
    // The balancer in front of several processes sees that one of them leaves.
    signals: values.redis === undefined ? true : { deadlineMs: 10_000, noticeMs: 1000 },
  });
  serveWebSocket(runtime, { server });
  console.log(`It listens at ${url}`);
}

// A process of a cluster for tests: its calls say nothing until they are told to, or all at once.
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type Session } from 'mcp-actors';
import { logTo } from 'mcp-actors/log';
import { serve } from 'mcp-actors/node';
import { redisCluster } from 'mcp-actors/redis';
import * as z from 'zod';
import { FLOOD, type Lines, textOf } from './words.ts';

const { LEASE_MS, NODE_NAME: name = 'n', PORT, REDIS_URL } = process.env;

/** What lets a `flood` go on. */
const gates = new Map<string, () => void>();

function createServer(session: Session<Lines>): McpServer {
  const server = new McpServer({ name: 'tests', version: '1.0.0' }, session.serverOptions);
  const inputSchema = z.object({ line: z.string() });

  server.registerTool('write', { inputSchema }, async ({ line }) => {
    const { lines } = await session.update((book) => ({ lines: [...book.lines, line] }));
    return textOf(JSON.stringify({ by: name, lines }));
  });

  /** Begins, and never answers. */
  server.registerTool('hold', { inputSchema }, async ({ line }) => {
    console.log(`holds ${line}`);
    return new Promise<never>(() => {});
  });

  /**
   * Says one thing; when it may go on, more than a client who does not read can have: piece by piece, or
   * all at once where the line says `rush`.
   */
  server.registerTool('flood', { inputSchema }, async ({ line }, { mcpReq }) => {
    const progressToken = mcpReq._meta?.progressToken ?? '';
    const say = (progress: number, message: string): Promise<void> => {
      const params = { progressToken, progress, total: FLOOD.count, message };
      return mcpReq.notify({ method: 'notifications/progress', params });
    };
    const opened = new Promise<void>((resolve) => gates.set(line, resolve));
    await say(1, line);
    await opened;
    const said = [];
    for (let step = 2; step <= FLOOD.count; step++) {
      said.push(say(step, 'x'.repeat(FLOOD.bytes)));
      if (line !== 'rush') await said.at(-1);
    }
    await Promise.all(said);
    console.log(`all of ${line} is said`);
    return textOf(`${line}, done`);
  });

  server.registerTool('open', { inputSchema }, async ({ line }) => {
    gates.get(line)?.();
    return textOf('opened');
  });

  /** Ends its process, and all that is there. */
  server.registerTool(
    'poison',
    { inputSchema },
    () => process.kill(process.pid, 'SIGKILL') as never,
  );
  return server;
}

const runtime = createRuntime({
  cluster: redisCluster({
    url: REDIS_URL ?? '',
    secret: 's'.repeat(32),
    leaseMs: Number(LEASE_MS),
    name,
  }),
  server: createServer,
  state: (): Lines => ({ lines: [] }),
  // What is not answered yet is no stream, unless it says something.
  sseAfterMs: 60_000,
  maxStreamBytes: FLOOD.maxStreamBytes,
});
logTo(runtime, console);
const { url } = await serve(runtime, { port: Number(PORT), health: true });
console.log(`Listening at ${url}`);

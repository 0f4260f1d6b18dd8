// One of several processes with one set of sessions: start as many as you like, with one Redis.
import { createRuntime } from 'mcp-actors';
import { logTo } from 'mcp-actors/log';
import { serve } from 'mcp-actors/node';
import { redisCluster } from 'mcp-actors/redis';
import { createServer, type Notebook } from './server.ts';

const { CLUSTER_SECRET, HOST, IDLE_MS, LEASE_MS, NODE_NAME, PORT, REDIS_URL } = process.env;

const cluster = redisCluster({
  url: REDIS_URL ?? 'redis://localhost:6379',
  secret: CLUSTER_SECRET ?? 'of an example, for all to see: 32 characters',
  leaseMs: Number(LEASE_MS ?? 5000),
  ...(NODE_NAME !== undefined && { name: NODE_NAME }),
});

const runtime = createRuntime({
  cluster,
  server: createServer,
  state: (): Notebook => ({ lines: [] }),
  idleTimeoutMs: Number(IDLE_MS ?? 300_000),
  ...(HOST !== undefined && { allowedHosts: 'any' }), // of others than this machine
});
logTo(runtime, console);

const { url } = await serve(runtime, {
  host: HOST ?? '127.0.0.1',
  port: Number(PORT ?? 3000),
  health: true, // `/readyz`: a balancer sends nothing to a process that leaves, or has lost the others
  signals: { deadlineMs: 5000, noticeMs: 1000 }, // SIGTERM: gives its sessions to the others, ends
});
console.log(`Listening at ${url}`);

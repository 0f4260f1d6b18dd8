import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Balancer } from '../clusterDemo/balancer.ts';
import { RedisProcess } from '../clusterDemo/redisProcess.ts';
import type { Prefer } from './configurations.ts';
import { startServer } from './start-server.ts';

/** Where clients have their sessions, while processes end and others begin. */
export interface Site {
  /** The same throughout. */
  readonly port: number;
  /** Ends the process, or each process, that the clients' sessions are in. They can go on then. */
  outage(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  close(): Promise<void>;
}

/** One process, which the next one follows, with a store on the disk. */
export async function oneProcess(prefer: Prefer): Promise<Site> {
  const data = mkdtempSync(join(tmpdir(), 'mcp-actors-clients-'));
  let server = await startServer(prefer, { data });
  const { port } = server;
  return {
    port,
    async outage(signal) {
      await server.end(signal);
      server = await startServer(prefer, { port, data });
    },
    async close() {
      await server.end('SIGKILL');
      rmSync(data, { recursive: true });
    },
  };
}

/**
 * Processes behind a balancer that sends each request to the next of them, with a Redis. All sessions
 * are the first one's until it is killed, and then in the others, until those are ended.
 */
export async function severalProcesses(prefer: Prefer, redisServer: string): Promise<Site> {
  const redis = await RedisProcess.start(redisServer);
  const start = (port = 0) => startServer(prefer, { port, redis: redis.url });
  let first = await start();
  const balancer = await Balancer.start([{ name: 'first', port: first.port }]);
  let others: Awaited<ReturnType<typeof start>>[] = [];
  return {
    port: Number(new URL(balancer.url).port),
    async outage(signal) {
      if (signal === 'SIGKILL') {
        others = await Promise.all([start(), start()]);
        await balancer.add(others.map(({ port }, n) => ({ name: `other ${n}`, port })));
        await first.end(signal);
        return;
      }
      first = await start(first.port);
      await balancer.allReady();
      await Promise.all(others.map((each) => each.end(signal)));
    },
    async close() {
      balancer.close();
      await Promise.all([first, ...others].map((each) => each.end('SIGKILL')));
      redis.remove();
    },
  };
}

import { setTimeout as passed } from 'node:timers/promises';
import { redisCluster } from 'mcp-actors/redis';
import type { ClusterHome } from '../../cluster/runtimes/home.ts';
import { SECRET } from '../../cluster/runtimes/home.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';

const LEASE_MS = 1000;
/** Nobody listens there. */
const NOWHERE = 1;

/** A cluster over a real server, each of whose processes can be cut off from the server. */
export async function redisHome(): Promise<ClusterHome> {
  const server = await RedisServer.ofTest();
  // The server is known since an hour: nobody waits until its word is believed.
  const [, run] = /run_id:(\w+)/.exec(String(await server.command('INFO', 'server')))!;
  await server.command('HSET', 'mcpc:store', 'run', run!, 'at', String(Date.now() - 3_600_000));
  return {
    leaseMs: LEASE_MS,
    idleMs: 300,
    clock: undefined,
    async join(name, options) {
      const proxy = await TcpProxy.to(server.port);
      const cluster = redisCluster({
        url: proxy.url,
        secret: SECRET,
        leaseMs: LEASE_MS,
        name,
        ...options,
      });
      return {
        cluster,
        cut() {
          proxy.target = NOWHERE;
          proxy.cut();
        },
        mend: () => void (proxy.target = server.port),
      };
    },
    pass: (ms) => passed(ms),
    settled: () => Promise.resolve(),
    async stored(space) {
      const list = space === undefined ? 'mcpc:due' : `mcpc:${space}:due`;
      return Number(await server.command('ZCARD', list));
    },
    async wipe() {
      await server.kill();
      await server.start();
    },
  };
}

import { Cluster } from 'ioredis';
import { RedisServer } from './redisServer.ts';

const SLOTS = 16_384;

/** Some servers that share the keys among them, as a Redis Cluster without replicas. */
export class RedisClusterOfTest {
  readonly servers: readonly RedisServer[];

  private constructor(servers: readonly RedisServer[]) {
    this.servers = servers;
  }

  static async start(count: number): Promise<RedisClusterOfTest> {
    const servers: RedisServer[] = [];
    try {
      for (let n = 0; n < count; n++) servers.push(await RedisServer.startNode());
      await join(servers);
    } catch (error) {
      await Promise.all(servers.map((server) => server.end()));
      throw error;
    }
    return new RedisClusterOfTest(servers);
  }

  /** A client of the cluster, as a program makes one. Whoever makes it closes it. */
  client(): Cluster {
    const nodes = this.servers.map(({ port }) => ({ host: '127.0.0.1', port }));
    return new Cluster(nodes).on('error', () => {});
  }

  async end(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.end()));
  }
}

/** Gives each server its part of the slots, and has all know each other. */
async function join(servers: readonly RedisServer[]): Promise<void> {
  const part = Math.ceil(SLOTS / servers.length);
  for (const [n, server] of servers.entries()) {
    const last = Math.min((n + 1) * part, SLOTS) - 1;
    await server.command('CLUSTER', 'ADDSLOTSRANGE', n * part, last);
    await server.command('CLUSTER', 'SET-CONFIG-EPOCH', n + 1);
  }
  const [first, ...others] = servers;
  for (const { port, busPort } of others) {
    await first!.command('CLUSTER', 'MEET', '127.0.0.1', port, busPort);
  }
  await Promise.all(servers.map((server) => server.says(/Cluster state changed: ok/)));
}

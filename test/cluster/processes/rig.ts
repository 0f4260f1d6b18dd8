import { onTestFinished } from 'vitest';
import { NodeProcess } from '../../clusterDemo/nodeProcess.ts';
import type { NodeProgram } from '../../clusterDemo/nodeProgram.ts';
import { RedisServer } from '../../support/redisServer.ts';

/** Short, and longer than a busy machine keeps a process waiting. */
export const LEASE_MS = 2000;
/** What a machine with much else to do may add to any time. */
export const SLACK_MS = 2500;

/** Processes of a program, and their Redis. */
export class Rig {
  readonly redis: RedisServer;
  readonly nodes: readonly NodeProcess[];
  /** All that the processes have said, line by line. */
  readonly lines: string[];

  private constructor(redis: RedisServer, nodes: readonly NodeProcess[], lines: string[]) {
    this.redis = redis;
    this.nodes = nodes;
    this.lines = lines;
  }

  /**
   * Starts two processes or more, which end with the test.
   *
   * @param settings of Redis
   * @param way to Redis: its URL, as the processes have it
   */
  static async start(
    program: NodeProgram,
    count: number,
    settings: readonly string[] = [],
    idleMs = 300_000,
    way = async (redis: RedisServer): Promise<string> => redis.url,
  ): Promise<Rig> {
    const redis = await RedisServer.ofTest(...settings);
    const lines: string[] = [];
    const url = await way(redis);
    const env = { REDIS_URL: url, LEASE_MS: String(LEASE_MS), IDLE_MS: String(idleMs) };
    const nodes = await Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const name = `n${n + 1}`;
        const said = (line: string): void => void lines.push(`${name} ${line}`);
        const node = await NodeProcess.start({ file: program.file, name, env, said });
        onTestFinished(async () => {
          node.thaw();
          await node.end('SIGKILL');
        });
        return node;
      }),
    );
    return new Rig(redis, nodes, lines);
  }

  /** How many lines of the processes have a text. */
  said(text: string): number {
    return this.lines.filter((line) => line.includes(text)).length;
  }
}

/** How long something takes, in milliseconds, and what comes of it. */
export async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const began = performance.now();
  return [await work, performance.now() - began];
}

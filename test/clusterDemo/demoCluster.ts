import { type WriteStream, createWriteStream } from 'node:fs';
import { Balancer } from './balancer.ts';
import { NodeProcess } from './nodeProcess.ts';
import { NodeProgram } from './nodeProgram.ts';
import { RedisProcess } from './redisProcess.ts';

export interface DemoClusterOptions {
  readonly nodes: number;
  /** Milliseconds. */
  readonly lease: number;
  /** A Redis that runs already, or the program of one to start. */
  readonly redis: { readonly url: string } | { readonly program: string };
  /** A file that gets all the processes say. */
  readonly log?: string;
}

/** When a session falls asleep: later than a client can be held up within its handshake. */
export function idleMs(lease: number): number {
  return lease * 3;
}

/** A Redis, some processes, and a balancer in front of them. */
export class DemoCluster {
  readonly nodes: readonly NodeProcess[];
  readonly balancer: Balancer;
  /** The Redis, where it was started for this. */
  readonly redis: RedisProcess | null;
  /** How long it took until a session went on elsewhere, from when its process was hit. */
  readonly takeOvers: number[] = [];
  readonly #program: NodeProgram;
  readonly #log: WriteStream | null;
  readonly #hitAt = new Map<string, number>();

  private constructor(parts: {
    readonly nodes: readonly NodeProcess[];
    readonly balancer: Balancer;
    readonly redis: RedisProcess | null;
    readonly program: NodeProgram;
    readonly log: WriteStream | null;
    readonly listen: (said: (name: string, line: string) => void) => void;
  }) {
    this.nodes = parts.nodes;
    this.balancer = parts.balancer;
    this.redis = parts.redis;
    this.#program = parts.program;
    this.#log = parts.log;
    parts.listen((_name, line) => this.#said(line));
  }

  static async start({ nodes, lease, redis, log }: DemoClusterOptions): Promise<DemoCluster> {
    const leaving: (() => void)[] = [];
    const leave = (): void => {
      for (const each of leaving) each();
    };
    process.once('exit', leave);
    const program = await NodeProgram.make();
    leaving.push(() => program.remove());
    const server = 'url' in redis ? null : await RedisProcess.start(redis.program);
    if (server !== null) leaving.push(() => server.remove());
    const url = 'url' in redis ? redis.url : server!.url;
    const env = { REDIS_URL: url, LEASE_MS: String(lease), IDLE_MS: String(idleMs(lease)) };
    const stream = log === undefined ? null : createWriteStream(log);
    let heard: ((name: string, line: string) => void) | undefined;
    const processes = await Promise.all(
      Array.from({ length: nodes }, async (_, n) => {
        const name = `n${n + 1}`;
        const said = (line: string): void => {
          stream?.write(`${new Date().toISOString()} ${name} ${line}\n`);
          heard?.(name, line);
        };
        const node = await NodeProcess.start({ file: program.file, name, env, said });
        leaving.push(() => node.abandon());
        return node;
      }),
    );
    const listen = (said: NonNullable<typeof heard>): void => void (heard = said);
    const balancer = await Balancer.start(processes);
    return new DemoCluster({
      nodes: processes,
      balancer,
      redis: server,
      program,
      log: stream,
      listen,
    });
  }

  /** Notes that a process is about to be hit. */
  hit(node: NodeProcess): void {
    this.#hitAt.set(node.name, performance.now());
    this.note(`--- ${node.name} is hit`);
  }

  note(text: string): void {
    this.#log?.write(`${new Date().toISOString()} ${text}\n`);
  }

  /** Ends all of it. */
  async close(): Promise<void> {
    this.balancer.close();
    await Promise.all(
      this.nodes.map(async (node) => {
        node.thaw();
        await node.end('SIGKILL');
      }),
    );
    await this.redis?.kill();
    this.redis?.remove();
    this.#program.remove();
    this.#log?.end();
  }

  #said(line: string): void {
    const from = /from: '(\w+)@/.exec(line)?.[1];
    const at = from === undefined ? undefined : this.#hitAt.get(from);
    if (at !== undefined) this.takeOvers.push(performance.now() - at);
  }
}

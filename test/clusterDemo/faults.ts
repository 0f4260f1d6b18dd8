import { setTimeout as pause } from 'node:timers/promises';
import type { DemoCluster } from './demoCluster.ts';
import type { Mode } from './options.ts';

/** What happens to a cluster; each resolves when all is whole again. */
export type Fault = Exclude<Mode, 'all'>;

export interface FaultOptions {
  readonly random: () => number;
  /** Milliseconds. */
  readonly lease: number;
}

/** How long Redis is away. */
const OUTAGE_MS = 1000;

export const FAULTS: Readonly<
  Record<Fault, (cluster: DemoCluster, options: FaultOptions) => Promise<string>>
> = {
  async kill(cluster, { random }) {
    const node = one(cluster, random);
    cluster.hit(node);
    await node.end('SIGKILL');
    await node.start();
    return `kill -9 ${node.name}`;
  },
  async stop(cluster, { random, lease }) {
    const node = one(cluster, random);
    const ms = lease * (1.2 + random());
    cluster.hit(node);
    node.freeze();
    await pause(ms);
    cluster.note(`--- ${node.name} goes on`);
    node.thaw();
    return `stop ${node.name} for ${(ms / 1000).toFixed(1)} s`;
  },
  async term(cluster, { random }) {
    const node = one(cluster, random);
    cluster.hit(node);
    await node.end('SIGTERM');
    await node.start();
    return `deploy ${node.name}`;
  },
  async redis(cluster) {
    cluster.note('--- redis is hit');
    await cluster.redis!.kill();
    await pause(OUTAGE_MS);
    await cluster.redis!.start();
    return 'kill -9 redis';
  },
};

function one({ nodes }: DemoCluster, random: () => number): DemoCluster['nodes'][number] {
  return nodes[Math.floor(random() * nodes.length)]!;
}

/** The faults of a mode, in the order in which they come. */
export function* faultsOf(mode: Mode): Generator<Fault> {
  const all = mode === 'all' ? (['kill', 'stop', 'term', 'redis'] as const) : [mode];
  for (;;) yield* all;
}

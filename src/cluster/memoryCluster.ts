import { type Clock, systemClock } from '../base/clock.ts';
import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { Cluster } from '../directory/cluster.ts';
import { makeCluster } from './makeCluster.ts';
import { memoryEngine } from './memoryEngine.ts';
import { MemoryHub } from './memoryLink.ts';
import { CLUSTER_NAMES, type ClusterOptions, settleCluster } from './options.ts';

export interface MemoryClusterOptions extends ClusterOptions {
  /** The clock of all its runtimes. @default the system's */
  readonly clock?: Clock;
}

/** What {@link MemoryClusterOptions} knows. */
const NAMES: NamesOf<MemoryClusterOptions> = { ...CLUSTER_NAMES, clock: true };

/** Several runtimes of one process with one set of sessions. */
export interface MemoryCluster {
  /** Joins a runtime: `createRuntime({ cluster: cluster.node('a') })`. @param name for people */
  node(name?: string): Cluster;
}

/**
 * A cluster in the memory of one process: for tests of what a server does when its session moves, and
 * for trying a cluster out. Everything ends with the process.
 *
 * @throws ActorsError `bad-option`
 */
export function memoryCluster(options: MemoryClusterOptions): MemoryCluster {
  checkNames('memoryCluster', options, NAMES);
  const { clock = systemClock, ...others } = options;
  const engine = memoryEngine({ clock });
  const hub = new MemoryHub();
  return {
    node(name = options.name) {
      const settled = settleCluster(name === undefined ? others : { ...others, name });
      // A clock of a test's own is all the time there is.
      const now = (): number => clock.now();
      const timed = clock === systemClock ? settled : { ...settled, wall: now, fine: now };
      return makeCluster(timed, 'memory', () => ({
        engine: engine.connect(),
        link: hub.connect(),
      }));
    },
  };
}

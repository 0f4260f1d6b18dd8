import type { SpaceName } from '../../../src/cluster/engine.ts';
import { makeCluster } from '../../../src/cluster/makeCluster.ts';
import { MemoryHub } from '../../../src/cluster/memoryLink.ts';
import { type ClusterOptions, settleCluster } from '../../../src/cluster/options.ts';
import type { Cluster } from '../../../src/directory/cluster.ts';
import { VirtualClock } from '../../support/virtualClock.ts';
import { FaultyEngine } from '../faultyEngine.ts';
import { FaultyMemory } from '../faultyMemory.ts';

export const SECRET = 'a secret of thirty-two characters';
export const LEASE_MS = 3000;

/** The way of one process to the others. */
export interface Joined {
  readonly cluster: Cluster;
  /** The process hears nobody, and nobody hears the process. */
  cut(): void;
  mend(): void;
}

/** What the processes of a test's cluster have in common. */
export interface ClusterHome {
  readonly leaseMs: number;
  /** How long a session may be idle before it sleeps. */
  readonly idleMs: number;
  /** Of all runtimes; `undefined`: the system's. */
  readonly clock: VirtualClock | undefined;
  join(name: string, options?: Partial<ClusterOptions>): Promise<Joined>;
  /** Lets time pass for all. */
  pass(ms: number): Promise<void>;
  /** Within a lease of its first beat, no server's word that a session is unknown is believed: later. */
  settled(): Promise<void>;
  /** How many records a space has. */
  stored(space: SpaceName): Promise<number>;
  /** Whatever was kept is gone, and another server answers. */
  wipe(): Promise<void>;
}

/** Makes what the processes of the running test share, and ends it with the test. */
export type MakeHome = () => Promise<ClusterHome>;

/** The home of a cluster in memory. */
export interface MemoryHome extends ClusterHome {
  /** The engine takes the lease of a process for over, and the process does not know. */
  lapse(name: string): Promise<void>;
}

/** A cluster in memory, in virtual time, whose processes can be cut off. */
export async function memoryHome(): Promise<MemoryHome> {
  const clock = new VirtualClock();
  const memory = new FaultyMemory(clock);
  const hub = new MemoryHub();
  const now = (): number => clock.now();
  const engines = new Map<string, FaultyEngine>();
  return {
    leaseMs: LEASE_MS,
    idleMs: 4000,
    clock,
    async join(name, options) {
      const settings = settleCluster({ secret: SECRET, leaseMs: LEASE_MS, name, ...options });
      const engine = new FaultyEngine(memory.connect());
      const link = hub.connect();
      engines.set(name, engine);
      const timed = { ...settings, wall: now, fine: now };
      return {
        cluster: makeCluster(timed, 'memory', () => ({ engine, link })),
        cut() {
          engine.break();
          link.break();
        },
        mend() {
          link.mend();
          engine.mend();
        },
      };
    },
    lapse: (name) => memory.connect().leave(engines.get(name)!.incarnation!),
    pass: (ms) => clock.elapse(ms),
    settled: () => clock.elapse(LEASE_MS + 100),
    stored: async (space) => memory.memory.space(space).count(),
    wipe: async () => memory.wipe(),
  };
}

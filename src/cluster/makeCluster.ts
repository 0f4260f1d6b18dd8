import { ActorsError } from '../base/errors.ts';
import type { Cluster, ClusterHost, SharedPart } from '../directory/cluster.ts';
import type { Members, OwnedStore, Ownership } from '../directory/ownership.ts';
import type { SessionStore } from '../store/store.ts';
import type { ClusterStats } from '../events/clusterStats.ts';
import { ClusterNode, type Ways } from './clusterNode.ts';
import type { ClusterSettings } from './options.ts';
import { ownedStore } from './ownedStore.ts';

/**
 * Makes what the option `cluster` of one runtime takes.
 *
 * @param cluster the name of the cluster, which no other cluster has
 * @param connect called when the runtime is made
 */
export function makeCluster(
  settings: ClusterSettings,
  cluster: string,
  connect: (host: ClusterHost, boot: string) => Ways,
): Cluster {
  return new ClusterOfOne(settings, cluster, connect);
}

/** A cluster, as one runtime has it: its parts are made when the runtime is. */
class ClusterOfOne implements Cluster {
  readonly secrets: readonly string[];
  readonly store: SessionStore;
  readonly ownership: Ownership;
  readonly #settings: ClusterSettings;
  readonly #cluster: string;
  readonly #connect: (host: ClusterHost, boot: string) => Ways;
  #made: ClusterNode | null = null;

  constructor(
    settings: ClusterSettings,
    cluster: string,
    connect: (host: ClusterHost, boot: string) => Ways,
  ) {
    this.#settings = settings;
    this.#cluster = cluster;
    this.#connect = connect;
    this.secrets = settings.secrets;
    const members = (): Members => this.#node().members;
    const { store, ownership } = ownedStore(() => this.#node().of(undefined), members);
    this.store = store;
    this.ownership = ownership;
  }

  part(name: SharedPart): OwnedStore {
    return ownedStore(() => this.#node().of(name));
  }

  open(runtime: ClusterHost): void {
    if (this.#made !== null) {
      throw new ActorsError('bad-option', 'cluster is for one runtime: make one for each');
    }
    const settings = this.#settings;
    const boot = settings.boot();
    const ways = this.#connect(runtime, boot);
    this.#made = new ClusterNode({ ...ways, boot, runtime, settings, cluster: this.#cluster });
    this.#made.start();
  }

  stats(): ClusterStats {
    return this.#node().stats();
  }

  retire(): void {
    this.#node().retire();
  }

  async answered(withinMs: number): Promise<void> {
    await this.#node().answered(withinMs);
  }

  async leave(): Promise<void> {
    await this.#made?.leave();
  }

  #node(): ClusterNode {
    if (this.#made === null) throw new ActorsError('bad-option', 'the cluster has no runtime');
    return this.#made;
  }
}

import { ActorsError } from '../base/errors.ts';
import type { Cluster, ClusterHost } from '../directory/cluster.ts';
import type { ClusterStats } from '../events/clusterStats.ts';
import type { Claimed, Members, Ownership } from '../directory/ownership.ts';
import type { Elsewhere, Nowhere } from '../directory/whereabouts.ts';
import type { Claim, SessionStore } from '../store/store.ts';
import { ClusterNode, type Ways } from './clusterNode.ts';
import type { ClusterSettings } from './options.ts';

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
    const node = (): ClusterNode => this.#node();
    this.store = {
      isDurable: true,
      isShared: true,
      get: (id) => node().store.get(id),
      write: (changes) => node().store.write(changes),
      page: (query) => node().store.page(query),
      due: (now, limit) => node().store.due(now, limit),
      count: (principal) => node().store.count(principal),
      rows: (id) => node().store.rows(id),
      time: () => node().store.time(),
      close: () => {},
    };
    this.ownership = {
      isShared: true,
      get members(): Members {
        return node();
      },
      get isLive() {
        return node().sessions.isLive;
      },
      live: () => node().sessions.live(),
      begun: (id: string): Claim => node().sessions.begun(id),
      claim: (id: string): Promise<Claimed> => node().sessions.claim(id),
      release: (claim: Claim): Promise<boolean> => node().sessions.release(claim),
      ended: (claim: Claim): void => node().sessions.ended(claim),
      elsewhere: (id: string): Promise<Elsewhere | Nowhere> => node().sessions.elsewhere(id),
    };
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

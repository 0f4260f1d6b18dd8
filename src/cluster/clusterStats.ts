import type { ClusterStats } from '../events/clusterStats.ts';
import type { Node } from './node.ts';
import type { Post } from './post.ts';
import type { Tallies } from './tallies.ts';

/** What the stats of a process of a cluster are made of. */
export interface StatsParts {
  readonly self: string;
  readonly node: Pick<Node, 'state' | 'leaseLeftMs' | 'graceLeftMs'>;
  readonly post: Pick<Post, 'refused' | 'traffic'>;
  readonly owned: number;
  readonly forwarding: number;
  readonly serving: number;
  readonly tallies: Tallies;
}

/** The stats of a process of a cluster, as they are now: a copy. */
export function statsOf(parts: StatsParts): ClusterStats {
  const { self, node, post, owned, forwarding, serving, tallies } = parts;
  const { failed, notBegun, reconnects, roundTrips, ...counts } = tallies;
  return {
    node: self,
    state: node.state,
    leaseLeftMs: node.leaseLeftMs,
    graceLeftMs: node.graceLeftMs,
    owned,
    forwarding,
    serving,
    ...counts,
    notBegun: { ...notBegun },
    messagesRefused: { ...post.refused },
    engine: {
      answered: roundTrips.count,
      failed,
      p50Ms: roundTrips.within(0.5),
      p99Ms: roundTrips.within(0.99),
      reconnects,
    },
    links: post.traffic.map(({ way, bytesIn, bytesOut }) => ({ way, bytesIn, bytesOut })),
  };
}

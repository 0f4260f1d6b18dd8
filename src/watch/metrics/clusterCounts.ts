import { NODE_STATES } from '../../../machines/node.ts';
import type { ClusterStats } from '../../events/clusterStats.ts';
import type { CLUSTER_COUNTS } from './clusterInstruments.ts';
import { one, type Values } from './observe.ts';

/** What the instruments of a process of a cluster have to show. */
export function clusterCounts(stats: ClusterStats): Record<keyof typeof CLUSTER_COUNTS, Values> {
  const { engine, links } = stats;
  return {
    state: NODE_STATES.map((state) => [state, Number(state === stats.state)]),
    leaseLeft: one(stats.leaseLeftMs / 1000),
    graceLeft: one(stats.graceLeftMs / 1000),
    owned: one(stats.owned),
    forwarding: one(stats.forwarding),
    serving: one(stats.serving),
    forwarded: one(stats.forwarded),
    served: one(stats.served),
    notBegun: Object.entries(stats.notBegun),
    resumed: one(stats.resumed),
    takeovers: one(stats.takeovers),
    followed: one(stats.followed),
    lost: one(stats.lost),
    reasserted: one(stats.reasserted),
    unsure: one(stats.unsure),
    quarantined: one(stats.quarantined),
    messagesRefused: Object.entries(stats.messagesRefused),
    roundTrip: [...share('0.5', engine.p50Ms), ...share('0.99', engine.p99Ms)],
    answers: one(engine.answered),
    failures: one(engine.failed),
    reconnects: one(engine.reconnects),
    bytesIn: links.map(({ way, bytesIn }) => [way, bytesIn]),
    bytesOut: links.map(({ way, bytesOut }) => [way, bytesOut]),
  };
}

/** Nothing before the first answer. */
function share(quantile: string, ms: number | undefined): [string, number][] {
  return ms === undefined ? [] : [[quantile, ms / 1000]];
}

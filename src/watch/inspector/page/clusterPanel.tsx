import type { NodeView } from '../../../directory/ownership.ts';
import type { ClusterStats } from '../../../events/clusterStats.ts';
import { Counts } from './counts.tsx';
import { bytes, duration, number } from './format.ts';
import { Table } from './table.tsx';

interface ClusterPanelProps {
  readonly stats: ClusterStats;
  /** The processes that live, as far as they are known. */
  readonly nodes: readonly NodeView[];
  readonly now: number;
}

/** What this process does in its cluster, and which processes there are. */
export function ClusterPanel({ stats, nodes, now }: ClusterPanelProps) {
  const { engine, links } = stats;
  const ways = links.map(({ way, bytesIn, bytesOut }) => {
    return `${way}: ${bytes(bytesIn)} in, ${bytes(bytesOut)} out`;
  });
  const refused = Object.values(stats.messagesRefused).reduce((sum, each) => sum + each, 0);
  const notBegun = Object.values(stats.notBegun).reduce((sum, each) => sum + each, 0);
  return (
    <section class="cluster" aria-label="Cluster">
      <header>
        <h3>Cluster</h3>
        <b data-testid="node">{stats.node}</b>
        <span class={`badge is-${stats.state.split('.', 1)[0]}`} data-testid="node-state">
          {stats.state}
        </span>
        <span data-testid="lease">lease {duration(stats.leaseLeftMs)}</span>
        {stats.graceLeftMs > 0 && <span>grace {duration(stats.graceLeftMs)}</span>}
        <span>
          engine{' '}
          {engine.p50Ms === undefined
            ? 'not asked yet'
            : `${millis(engine.p50Ms)} p50, ${millis(engine.p99Ms ?? 0)} p99`}
        </span>
        {ways.map((way) => (
          <span key={way}>{way}</span>
        ))}
      </header>
      <Table title="Processes" head={['process', 'sessions', 'state', 'age']}>
        {nodes.map(({ name, owned, since, isDraining, isSelf }, i) => (
          <tr key={i} data-node={name}>
            <td>
              {name}
              {isSelf && <small> this process</small>}
            </td>
            {/* What this process has, it knows at any time; others tell with their beats. */}
            <td>{isSelf ? number(stats.owned) : owned === undefined ? '–' : number(owned)}</td>
            <td>{isDraining ? 'draining' : 'lives'}</td>
            <td>{since === undefined ? '–' : duration(now - since)}</td>
          </tr>
        ))}
      </Table>
      <Counts
        title="In the cluster, since the beginning"
        counts={{
          forwarded: stats.forwarded,
          served: stats.served,
          'not begun': notBegun,
          resumed: stats.resumed,
          takeovers: stats.takeovers,
          followed: stats.followed,
          lost: stats.lost,
          reasserted: stats.reasserted,
          unsure: stats.unsure,
          quarantined: stats.quarantined,
          'messages refused': refused,
          'engine failures': engine.failed,
          reconnects: engine.reconnects,
        }}
      />
    </section>
  );
}

function millis(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

import { Chart } from './chart.tsx';
import { ClusterPanel } from './clusterPanel.tsx';
import { Counts } from './counts.tsx';
import { number } from './format.ts';
import type { Scene } from './scene.ts';

/** The pane of the supervisor: its chart, how full the runtime is, what was refused. */
export function OverviewPane({ scene, svg }: { readonly scene: Scene; readonly svg: string }) {
  const { state, last, stats, limits } = scene.overview;
  const live = scene.rows().filter(({ endedAt }) => endedAt === undefined).length;
  const taken = last && { at: 0, event: last.event, from: [last.from], to: [last.to] };
  return (
    <div class="pane overview">
      <header class="title">
        <h2>Supervisor</h2>
        <span class="badge" data-testid="supervisor">
          {state}
        </span>
      </header>
      <Chart svg={svg} states={[state]} taken={taken} />
      {stats?.cluster !== undefined && (
        <ClusterPanel stats={stats.cluster} nodes={scene.nodes ?? []} now={scene.now()} />
      )}
      <div class="halves">
        <div class="left">
          <section class="capacity" aria-label="Capacity">
            <h3>Capacity</h3>
            <Gauge
              name="sessions with a server"
              value={stats === undefined ? live : stats.sessions.total - stats.sessions.asleep}
              max={limits['maxSessions'] ?? undefined}
            />
            <Gauge
              name="unfinished handshakes"
              value={stats?.handshakes ?? 0}
              max={limits['maxHandshakes'] ?? undefined}
            />
          </section>
          <Counts title="Sessions now, by state" counts={stats?.sessions} />
        </div>
        <div class="right">
          <Counts title="Ended, by reason" counts={stats?.evicted} />
          <Counts title="Limits met" counts={stats?.limits} />
          <Counts title="Refused" counts={stats?.refusals} />
          <Counts title="Dead letters" counts={stats?.deadLetters} />
          {stats !== undefined && (
            <Counts
              title="Since the beginning"
              counts={{
                spawned: stats.spawned,
                calls: stats.calls,
                kept: stats.kept,
                crashes: stats.crashes,
                restarts: stats.restarts,
                orphans: stats.orphans,
              }}
            />
          )}
        </div>
      </div>
    </div>
  );
}

function Gauge({ name, value, max }: { name: string; value: number; max: number | undefined }) {
  return (
    <label class="gauge">
      <span>{name}</span>
      <b>
        {number(value)}
        {max !== undefined && <small> of {number(max)}</small>}
      </b>
      {max !== undefined && <meter min={0} max={max} high={max * 0.9} value={value} />}
    </label>
  );
}

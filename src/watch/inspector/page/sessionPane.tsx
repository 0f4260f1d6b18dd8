import { Chart } from './chart.tsx';
import { Crash } from './crash.tsx';
import { Facts } from './facts.tsx';
import { hueOf } from './format.ts';
import { Lanes } from './lanes.tsx';
import type { Scene } from './scene.ts';
import { Sequence } from './sequence.tsx';

interface SessionPaneProps {
  readonly scene: Scene;
  readonly session: string;
  readonly svg: string;
}

/** The pane of one session: its state, its facts, its mailbox and its messages. */
export function SessionPane({ scene, session, svg }: SessionPaneProps) {
  const row = scene.row(session);
  if (row === undefined) return <p class="none">Session {session} is not here any more.</p>;
  const { view, behind } = scene.detail?.(session) ?? {};
  const lines = scene.lines(session);
  const { state, last, endedAt } = row;
  const letters = scene.letters.filter((letter) => letter.session === session);
  const hasUpstream = behind !== undefined || lines.some(({ type }) => type === 'upstream');
  return (
    <div class="pane session">
      <header class={`title hue-${hueOf(state)}`}>
        <h2>{session}</h2>
        <span class="badge" data-testid="state">
          {state}
        </span>
        {last !== undefined && (
          <span class="last" data-testid="last">
            {last.from} → {last.to} on <code>{last.event}</code>
          </span>
        )}
      </header>
      <Chart
        svg={svg}
        states={[state]}
        taken={last && { at: last.at, event: last.event, from: [last.from], to: [last.to] }}
      />
      <div class="halves">
        <div class="left">
          <Crash lines={lines} />
          <Facts row={row} view={view} behind={behind} scene={scene} />
          {endedAt === undefined && (
            <Lanes row={row} view={view} letters={letters} now={scene.now()} />
          )}
        </div>
        <Sequence key={session} lines={lines} hasUpstream={hasUpstream} />
      </div>
    </div>
  );
}

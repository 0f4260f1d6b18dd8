import { useState } from 'preact/hooks';
import { Crash } from './crash.tsx';
import { Facts } from './facts.tsx';
import { hueOf } from './format.ts';
import { Lanes } from './lanes.tsx';
import type { Scene } from './scene.ts';
import { Sequence } from './sequence.tsx';
import { SessionCharts } from './sessionCharts.tsx';

interface SessionPaneProps {
  readonly scene: Scene;
  readonly session: string;
  readonly svg: string;
}

/** The pane of one session: its state, its facts, its mailbox and its messages. */
export function SessionPane({ scene, session, svg }: SessionPaneProps) {
  const [wanted, setWanted] = useState<string>();
  const row = scene.row(session);
  if (row === undefined) return <p class="none">Session {session} is not here any more.</p>;
  const { view, behind } = scene.detail?.(session) ?? {};
  const lines = scene.lines(session);
  const { state, last, endedAt } = row;
  const letters = scene.letters.filter((letter) => letter.session === session);
  const hasUpstream = behind !== undefined || lines.some(({ type }) => type === 'upstream');
  const actors = scene.actors(session);
  // Whoever gives sessions a machine wants to see that machine.
  const known = actors.find(({ actor }) => actor === wanted) ?? actors[0];
  const chosen = wanted === '' ? undefined : known;
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
      <SessionCharts row={row} svg={svg} actors={actors} chosen={chosen} onChoose={setWanted} />
      <div class="halves">
        <div class="left">
          <Crash lines={lines} />
          <Facts row={row} view={view} behind={behind} scene={scene} />
          {endedAt === undefined && (
            <Lanes row={row} view={view} letters={letters} now={scene.now()} />
          )}
          {chosen?.context !== undefined && (
            <figure class="context">
              <figcaption>context of {chosen.actor}</figcaption>
              <pre tabIndex={0} role="region" aria-label="Context">
                {chosen.context}
              </pre>
            </figure>
          )}
        </div>
        <Sequence key={session} lines={lines} hasUpstream={hasUpstream} />
      </div>
    </div>
  );
}

import { useState } from 'preact/hooks';
import type { CallRow } from '../calls.ts';
import { Chart } from './chart.tsx';
import { duration } from './format.ts';
import type { Scene } from './scene.ts';

interface CallsPaneProps {
  readonly scene: Scene;
  readonly svg: string;
  readonly onSelect: (key: string) => void;
}

const HEAD = ['call', 'session', 'principal', 'state', 'round', 'questions', 'since', 'left'];

/** The pane of calls that have outlived their response, with the machine of one of them. */
export function CallsPane({ scene, svg, onSelect }: CallsPaneProps) {
  const [chosen, setChosen] = useState<number>();
  const { rows = [], total = 0 } = scene.calls ?? {};
  const newest = rows.toSorted((a, b) => b.since - a.since || b.call - a.call);
  const shown = chosen === undefined ? newest[0] : rows.find(({ call }) => call === chosen);
  const last = shown?.last;
  return (
    <div class="pane calls">
      <header class="title">
        <h2>Calls</h2>
        {shown !== undefined && (
          <>
            <span>
              {nameOf(shown)} #{shown.call}
            </span>
            <span class="badge" data-testid="call-state">
              {shown.state}
            </span>
          </>
        )}
        {last !== undefined && (
          <span class="last">
            {last.from} → {last.to} on <code>{last.event}</code>
          </span>
        )}
        {shown === undefined && chosen !== undefined && <span>#{chosen} is over.</span>}
      </header>
      <Chart
        svg={svg}
        states={shown === undefined ? [] : [shown.state]}
        taken={last && { at: last.at, event: last.event, from: [last.from], to: [last.to] }}
      />
      {newest.length === 0 ? (
        <p class="none">No call waits for its client, and none is a task.</p>
      ) : (
        <div class="scroll" role="region" aria-label="Calls" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {HEAD.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {newest.map((row) => (
                <tr key={row.call} class={row === shown ? 'selected' : ''} data-call={row.call}>
                  <td>
                    <button
                      class="link"
                      aria-pressed={row === shown}
                      title={row.method}
                      onClick={() => setChosen(row.call)}
                    >
                      {nameOf(row)} #{row.call}
                    </button>
                  </td>
                  <td>
                    <button class="link" onClick={() => onSelect(row.session)}>
                      {row.session}
                    </button>
                  </td>
                  <td>{row.principal}</td>
                  <td>{row.state}</td>
                  <td>{row.round}</td>
                  <td>{row.questions.join(', ') || '–'}</td>
                  <td>{duration(scene.now() - row.since)}</td>
                  <td>{row.deadline === undefined ? '–' : duration(row.deadline - scene.now())}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {total > rows.length && <p class="none">{total - rows.length} more are not shown.</p>}
    </div>
  );
}

function nameOf({ name, method }: CallRow): string {
  return name ?? method;
}

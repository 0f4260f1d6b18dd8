import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { LastStep } from '../listing.ts';
import { Chart } from './chart.tsx';
import { Table } from './table.tsx';

/** An actor in the list of a pane. */
export interface Followed {
  /** Names the actor, for good. */
  readonly name: string;
  readonly title?: string;
  readonly state: string;
  readonly last: LastStep | undefined;
  /** What stands beside the name. */
  readonly cells: readonly ComponentChildren[];
}

interface FollowedPaneProps {
  readonly title: string;
  /** The chart of the machine that all of the actors run. */
  readonly svg: string;
  /** Heads of the columns, that of the names first. */
  readonly head: readonly string[];
  /** The actors, the newest first. */
  readonly actors: readonly Followed[];
  /** The actors that are listed, of all. @default all */
  readonly listed?: readonly Followed[];
  /** How many more there are. */
  readonly more: number;
  /** Said where there is none. */
  readonly none: string;
  /** Said of the chosen actor when it is there no more. */
  readonly gone: string;
  /** Stands above the list. */
  readonly children?: ComponentChildren;
}

/** A pane of actors that run one machine: a list of them, and the machine where the chosen one is. */
export function FollowedPane(props: FollowedPaneProps) {
  const { title, svg, head, actors, listed = actors, more, none, gone, children } = props;
  const [chosen, setChosen] = useState<string>();
  const shown = chosen === undefined ? listed[0] : actors.find(({ name }) => name === chosen);
  const last = shown?.last;
  return (
    <div class={`pane followed ${title.toLowerCase()}`}>
      <header class="title">
        <h2>{title}</h2>
        {shown !== undefined && (
          <>
            <span>{shown.name}</span>
            <span class="badge" data-testid="chosen-state">
              {shown.state}
            </span>
          </>
        )}
        {last !== undefined && (
          <span class="last">
            {last.from} → {last.to} on <code>{last.event}</code>
          </span>
        )}
        {shown === undefined && chosen !== undefined && (
          <span>
            {chosen} {gone}
          </span>
        )}
      </header>
      <Chart
        svg={svg}
        states={shown === undefined ? [] : [shown.state]}
        taken={last && { at: last.at, event: last.event, from: [last.from], to: [last.to] }}
      />
      {children}
      {listed.length === 0 ? (
        <p class="none">{none}</p>
      ) : (
        <Table title={title} head={head}>
          {listed.map((actor) => (
            <tr key={actor.name} class={actor === shown ? 'selected' : ''} data-row>
              <td>
                <button
                  class="link"
                  aria-pressed={actor === shown}
                  title={actor.title}
                  onClick={() => setChosen(actor.name)}
                >
                  {actor.name}
                </button>
              </td>
              {actor.cells.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </Table>
      )}
      {more > 0 && <p class="none">{more} more are not shown.</p>}
    </div>
  );
}

import type { Row } from '../rows.ts';
import { Chart } from './chart.tsx';
import type { SceneActor } from './scene.ts';

interface SessionChartsProps {
  readonly row: Row;
  readonly svg: string;
  readonly actors: readonly SceneActor[];
  /** The actor whose chart is shown; `undefined`: the session's. */
  readonly chosen: SceneActor | undefined;
  /** @param actor the name; empty for the session */
  readonly onChoose: (actor: string) => void;
}

/** The charts of a session: of its life, and of the actors in it, one at a time. */
export function SessionCharts({ row, svg, actors, chosen, onChoose }: SessionChartsProps) {
  const { state, last } = row;
  return (
    <section class="charts" aria-label="Machines">
      {actors.length > 0 && (
        <div class="actors" role="group" aria-label="Actors">
          <Choice
            name="session"
            states={[state]}
            isChosen={chosen === undefined}
            onChoose={() => onChoose('')}
          />
          {actors.map(({ actor, states }) => (
            <Choice
              key={actor}
              name={actor}
              states={states}
              isChosen={actor === chosen?.actor}
              onChoose={() => onChoose(actor)}
            />
          ))}
        </div>
      )}
      {chosen === undefined ? (
        <Chart
          svg={svg}
          states={[state]}
          taken={last && { at: last.at, event: last.event, from: [last.from], to: [last.to] }}
        />
      ) : (
        <ActorChart key={chosen.actor} actor={chosen} />
      )}
    </section>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly states: readonly string[];
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Choice({ name, states, isChosen, onChoose }: ChoiceProps) {
  return (
    <button aria-pressed={isChosen} data-actor={name} onClick={onChoose}>
      {name} <small>{states.join(' ')}</small>
    </button>
  );
}

function ActorChart({ actor }: { readonly actor: SceneActor }) {
  const { svg, states, last } = actor;
  const taken = last && {
    at: last.at,
    event: last.event,
    from: last.from.split(' '),
    to: last.to.split(' '),
  };
  return (
    <>
      {last !== undefined && (
        <p class="last" data-testid="actor-last">
          {last.from === '' ? 'began' : last.from} → {last.to} on <code>{last.event}</code>
          {last.tool !== undefined && (
            <>
              {' '}
              by <em>{last.tool}</em>
            </>
          )}
        </p>
      )}
      {svg === undefined ? (
        <p class="none">No chart of it is known here.</p>
      ) : (
        <Chart svg={svg} states={states} taken={taken} />
      )}
    </>
  );
}

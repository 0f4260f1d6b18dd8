import type { RequestView } from '../../../directory/view.ts';
import type { Detail } from '../detail.ts';
import type { Row } from '../rows.ts';
import { duration } from './format.ts';
import type { Letter } from './scene.ts';

/** Requests listed in a lane; those beyond are counted. */
const SHOWN = 6;

interface LanesProps {
  readonly row: Row;
  readonly view: Detail['view'];
  readonly letters: readonly Letter[];
  readonly now: number;
}

/** The mailbox of a session: requests that run, messages that wait, questions, dead letters. */
export function Lanes({ row, view, letters, now }: LanesProps) {
  const requests = view?.requests ?? [];
  const running = requests.filter((request) => request.running);
  const waiting = requests.filter((request) => !request.running);
  // Where the session's details are known, counts of the same moment as the requests.
  const { waiting: held, questions } = view ?? row;
  const others = held - waiting.length;
  const age = ({ method, name, since }: RequestView): Item => [method, duration(now - since), name];
  return (
    <div class="lanes" role="group" aria-label="Mailbox">
      <Lane name="running" count={running.length} items={running.slice(0, SHOWN).map(age)} />
      <Lane
        name="waiting"
        count={held}
        items={[
          ...waiting.slice(0, SHOWN).map(age),
          ...(others > 0 ? [[`${others} notifications`, ''] as const] : []),
        ]}
      />
      <Lane
        name="questions"
        count={questions}
        items={questions > 0 ? [['to the client', 'open']] : []}
      />
      <Lane
        name="dead letters"
        count={letters.length}
        items={letters.slice(-SHOWN).map(({ kind, method, reason }) => [method ?? kind, reason])}
      />
    </div>
  );
}

type Item = readonly [text: string, more: string, name?: string | undefined];

function Lane({ name, count, items }: { name: string; count: number; items: readonly Item[] }) {
  return (
    <section class={count > 0 ? 'lane filled' : 'lane'} data-lane={name} aria-label={name}>
      <h3>
        {name} <b>{count}</b>
      </h3>
      <ul>
        {items.map(([text, more, target], i) => (
          <li key={i} title={target}>
            {target !== undefined && <em>{target}</em>}
            <span>{text}</span>
            <small>{more}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

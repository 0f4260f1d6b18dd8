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
  // Counts of the same moment as the requests, where the session's details are known; else the
  // row's.
  const { waiting: held, questions } = view ?? row;
  const others = held - waiting.length;
  return (
    <div class="lanes" aria-label="Mailbox">
      <Lane name="running" count={running.length}>
        {running.slice(0, SHOWN).map(({ method, since }, i) => (
          <Item key={i} text={method} more={duration(now - since)} />
        ))}
      </Lane>
      <Lane name="waiting" count={held}>
        {waiting.slice(0, SHOWN).map(({ method, since }, i) => (
          <Item key={i} text={method} more={duration(now - since)} />
        ))}
        {others > 0 && <Item text={`${others} notifications`} more="" />}
      </Lane>
      <Lane name="questions" count={questions}>
        {questions > 0 && <Item text="to the client" more="open" />}
      </Lane>
      <Lane name="dead letters" count={letters.length}>
        {letters.slice(-SHOWN).map(({ kind, method, reason }, i) => (
          <Item key={i} text={method ?? kind} more={reason} />
        ))}
      </Lane>
    </div>
  );
}

function Lane({ name, count, children }: { name: string; count: number; children: unknown }) {
  return (
    <section class={count > 0 ? 'lane filled' : 'lane'} data-lane={name}>
      <h3>
        {name} <b>{count}</b>
      </h3>
      {/* The type lets any child through: items, or nothing. */}
      <ul>{children as never}</ul>
    </section>
  );
}

function Item({ text, more }: { text: string; more: string }) {
  return (
    <li>
      <span>{text}</span>
      <small>{more}</small>
    </li>
  );
}

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Row } from '../rows.ts';
import { type Choosing, mailboxOf, type SortBy } from './choice.ts';
import { duration, hueOf, number } from './format.ts';

const ROW = 27;
/** Rows drawn above and below the rows in sight. */
const MARGIN = 8;

interface ListProps extends Choosing {
  readonly rows: readonly Row[];
  /** The present content of a row: `rows`, which is sorted less often, may hold older content. */
  readonly fresh: (row: Row) => Row;
  readonly now: number;
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
}

/** The list of all sessions: however many there are, only the rows in sight are drawn. */
export function List({ rows, fresh, now, selected, choice, onChoose, onSelect }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [sight, setSight] = useState({ top: 0, height: 600 });
  const look = ({ scrollTop, clientHeight }: Element): void =>
    setSight({ top: scrollTop, height: clientHeight });
  useEffect(() => {
    const place = scroller.current!;
    const observer = new ResizeObserver(() => look(place));
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  const at = rows.findIndex(({ key }) => key === selected);
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor(sight.height / ROW) - 1);
    const target = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    if (target === undefined) return;
    event.preventDefault();
    const to = Math.min(Math.max(target, 0), rows.length - 1);
    const row = rows[to];
    if (row === undefined) return;
    onSelect(row.key);
    const { scrollTop, clientHeight } = scroller.current!;
    const bottom = (to + 1) * ROW;
    scroller.current!.scrollTop = Math.min(to * ROW, Math.max(scrollTop, bottom - clientHeight));
  };
  const first = Math.max(0, Math.floor(sight.top / ROW) - MARGIN);
  const last = Math.min(rows.length, Math.ceil((sight.top + sight.height) / ROW) + MARGIN);
  return (
    <div class="list">
      <div class="columns">
        <span>session</span>
        <span>state</span>
        {(['age', 'traffic', 'mailbox'] as const).map((by) => (
          <Sorter key={by} by={by} choice={choice} onChoose={onChoose} />
        ))}
      </div>
      <div
        class="rows"
        ref={scroller}
        role="listbox"
        aria-label="Sessions"
        aria-activedescendant={at >= first && at < last ? `row-${selected}` : undefined}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onScroll={({ currentTarget }) => look(currentTarget)}
      >
        <div class="filler" style={{ height: `${rows.length * ROW}px` }}>
          {rows.slice(first, last).map((row, i) => (
            <ListRow
              key={row.key}
              row={fresh(row)}
              now={now}
              place={first + i}
              of={rows.length}
              isSelected={row.key === selected}
              onSelect={onSelect}
            />
          ))}
        </div>
        {rows.length === 0 && <p class="none">No session fits.</p>}
      </div>
    </div>
  );
}

interface ListRowProps extends Pick<ListProps, 'now' | 'onSelect'> {
  readonly row: Row;
  readonly place: number;
  readonly of: number;
  readonly isSelected: boolean;
}

function ListRow({ row, now, place, of, isSelected, onSelect }: ListRowProps) {
  const { key, state, reason, principal, client, startedAt, endedAt, seen, last } = row;
  const said = endedAt === undefined ? state : (reason ?? state);
  return (
    <div
      id={`row-${key}`}
      class={`row hue-${hueOf(state)}${isSelected ? ' selected' : ''}`}
      role="option"
      aria-selected={isSelected}
      aria-posinset={place + 1}
      aria-setsize={of}
      data-key={key}
      data-state={state}
      data-at={last?.at}
      title={`${client === '' ? 'a client without a name' : client}, ${principal}`}
      style={{ transform: `translateY(${place * ROW}px)` }}
      onClick={() => onSelect(key)}
    >
      <span class="key">{key}</span>
      <span class="state-name">{said}</span>
      <span class="figure">{duration((endedAt ?? now) - startedAt)}</span>
      <span class="figure">{number(seen.in + seen.out)}</span>
      <span class="figure">{mailboxOf(row) || '·'}</span>
    </div>
  );
}

function Sorter({ by, choice, onChoose }: Choosing & { readonly by: SortBy }) {
  const isOn = choice.sortBy === by;
  const arrow = choice.isDescending ? '↓' : '↑';
  const isDescending = !isOn || !choice.isDescending;
  return (
    <button
      class={isOn ? 'sorter on' : 'sorter'}
      aria-pressed={isOn}
      title={`Sort by ${by}`}
      onClick={() => onChoose({ ...choice, sortBy: by, isDescending })}
    >
      {by}
      {isOn && arrow}
    </button>
  );
}

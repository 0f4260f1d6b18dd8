import { useEffect, useRef, useState } from 'preact/hooks';
import type { Row } from '../rows.ts';
import { type Choosing, columnsOf } from './choice.ts';
import { ListRow, ROW } from './listRow.tsx';
import { Sorter } from './sorter.tsx';

/** Rows drawn above and below the rows in sight. */
const MARGIN = 8;

interface ListProps extends Choosing {
  readonly rows: readonly Row[];
  /** Several processes have the sessions. */
  readonly isClustered: boolean;
  /** The present content of a row: `rows`, which is sorted less often, may hold older content. */
  readonly fresh: (row: Row) => Row;
  readonly now: number;
  readonly selected: string | undefined;
  readonly onSelect: (key: string) => void;
}

/** The list of all sessions: however many there are, only the rows in sight are drawn. */
export function List(props: ListProps) {
  const { rows, isClustered, fresh, now, selected, choice, onChoose, onSelect } = props;
  const grid = useRef<HTMLDivElement>(null);
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
    <div
      class={isClustered ? 'list clustered' : 'list'}
      ref={grid}
      role="grid"
      aria-label="Sessions"
      aria-rowcount={rows.length + 1}
      aria-activedescendant={at >= first && at < last ? `row-${selected}` : undefined}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup">
        <div class="columns" role="row" aria-rowindex={1}>
          {columnsOf(isClustered).map((by) => (
            <Sorter key={by} by={by} choice={choice} onChoose={onChoose} />
          ))}
        </div>
      </div>
      <div
        class="rows"
        ref={scroller}
        role="rowgroup"
        // The list has the focus as a whole: a click in it does not hand the focus to the scroller.
        tabIndex={-1}
        onFocus={() => grid.current!.focus({ preventScroll: true })}
        onScroll={({ currentTarget }) => look(currentTarget)}
      >
        <div class="filler" role="presentation" style={{ height: `${rows.length * ROW}px` }}>
          {rows.slice(first, last).map((row, i) => (
            <ListRow
              key={row.key}
              row={fresh(row)}
              now={now}
              place={first + i}
              isClustered={isClustered}
              isSelected={row.key === selected}
              onSelect={onSelect}
            />
          ))}
        </div>
        {rows.length === 0 && (
          <div class="none" role="row">
            <span role="gridcell">No session fits.</span>
          </div>
        )}
      </div>
    </div>
  );
}

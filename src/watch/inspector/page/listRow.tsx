import type { Row } from '../rows.ts';
import { mailboxOf } from './choice.ts';
import { duration, hueOf, number } from './format.ts';

/** Height of a row, in pixels. */
export const ROW = 27;

interface ListRowProps {
  readonly row: Row;
  readonly now: number;
  readonly place: number;
  readonly isClustered: boolean;
  readonly isSelected: boolean;
  readonly onSelect: (key: string) => void;
}

/** One session in the list. */
export function ListRow({ row, now, place, isClustered, isSelected, onSelect }: ListRowProps) {
  const { key, state, reason, principal, client, startedAt, endedAt, seen, last } = row;
  const said = endedAt === undefined ? state : (reason ?? state);
  return (
    <div
      id={`row-${key}`}
      class={`row hue-${hueOf(state)}${isSelected ? ' selected' : ''}`}
      role="row"
      aria-selected={isSelected}
      // The first row has the heads of the columns.
      aria-rowindex={place + 2}
      data-key={key}
      data-state={state}
      data-at={last?.at}
      title={`${client === '' ? 'a client without a name' : client}, ${principal}`}
      style={{ transform: `translateY(${place * ROW}px)` }}
      onClick={() => onSelect(key)}
    >
      <span role="gridcell" class="key">
        {key}
      </span>
      <span role="gridcell" class="client">
        {client || '–'}
      </span>
      {isClustered && (
        <span role="gridcell" class="node">
          {row.node ?? '–'}
        </span>
      )}
      <span role="gridcell" class="state-name">
        {said}
      </span>
      <span role="gridcell" class="figure">
        {duration((endedAt ?? now) - startedAt)}
      </span>
      <span role="gridcell" class="figure">
        {number(seen.in + seen.out)}
      </span>
      <span role="gridcell" class="figure">
        {mailboxOf(row) || '·'}
      </span>
    </div>
  );
}

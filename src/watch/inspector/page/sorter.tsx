import { type Choosing, type SortBy, sortedBy } from './choice.ts';

/** The head of a column, which sorts the list by that column. */
export function Sorter({ by, choice, onChoose }: Choosing & { readonly by: SortBy }) {
  const isOn = choice.sortBy === by;
  const order = choice.isDescending ? 'descending' : 'ascending';
  return (
    <div class={`sorter for-${by}`} role="columnheader" aria-sort={isOn ? order : 'none'}>
      <button
        class={isOn ? 'on' : ''}
        title={`Sort by ${by}`}
        onClick={() => onChoose(sortedBy(choice, by))}
      >
        {by}
        <i aria-hidden="true">{isOn && (choice.isDescending ? '↓' : '↑')}</i>
      </button>
    </div>
  );
}

import { useMemo } from 'preact/hooks';
import type { Row } from '../rows.ts';
import type { Choice, Choosing } from './choice.ts';
import { STATES } from './states.ts';

/** Principals offered to choose from; others can be typed. */
const MAX_NAMES = 200;

interface FiltersProps extends Choosing {
  readonly rows: readonly Row[];
  readonly shown: number;
  readonly reasons: readonly string[];
  /** Names of the processes of a cluster. */
  readonly nodes: readonly string[];
}

/** The fields that narrow the list of sessions. */
export function Filters({ rows, shown, reasons, nodes, choice, onChoose }: FiltersProps) {
  const names = useMemo(() => {
    const known = new Set(rows.map(({ principal }) => principal));
    return [...known].slice(0, MAX_NAMES).toSorted((a, b) => a.localeCompare(b));
  }, [rows]);
  const fields = [
    { name: 'state', label: 'State', options: ['live', 'all', ...STATES] },
    { name: 'principal', label: 'Principal', options: ['', ...names] },
    { name: 'reason', label: 'Reason', options: ['', ...reasons] },
    ...(nodes.length > 0
      ? ([{ name: 'node', label: 'Node', options: ['', ...nodes] }] as const)
      : []),
  ] as const;
  const set = (part: Partial<Choice>): void => onChoose({ ...choice, ...part });
  return (
    <div class={`filters${nodes.length > 0 ? ' clustered' : ''}`} role="search">
      <input
        id="search"
        type="search"
        placeholder="Filter  ( / )"
        aria-label="Filter by key, principal or client"
        value={choice.text}
        onInput={({ currentTarget }) => set({ text: currentTarget.value.trim() })}
      />
      {fields.map(({ name, label, options }) => (
        <label key={name} class="select">
          <span>{label}</span>
          <select
            aria-label={label}
            value={choice[name]}
            onChange={({ currentTarget }) => set({ [name]: currentTarget.value })}
          >
            {options.map((option) => (
              <option key={option} value={option}>
                {option === '' ? 'any' : option}
              </option>
            ))}
          </select>
        </label>
      ))}
      <output class="shown" aria-label="Sessions listed">
        {shown} of {rows.length}
      </output>
    </div>
  );
}

import { useState } from 'preact/hooks';
import { FollowedPane } from './followedPane.tsx';
import { duration, number } from './format.ts';
import type { Scene } from './scene.ts';

interface HandlesPaneProps {
  readonly scene: Scene;
  /** The chart of a session: a handle runs the same machine. */
  readonly svg: string;
}

const HEAD = ['handle', 'principal', 'state', 'running', 'waiting', 'owned', 'since', 'left'];

/** The pane of the handles that are awake, with the machine of one of them. */
export function HandlesPane({ scene, svg }: HandlesPaneProps) {
  const [wanted, setWanted] = useState('');
  const { rows = [], total = 0 } = scene.handles ?? {};
  const stats = Object.entries(scene.overview.stats?.handles ?? {});
  const kinds = stats.map(([kind]) => kind);
  // Another process may know other kinds.
  const chosen = kinds.includes(wanted) ? wanted : '';
  const newest = rows.toSorted((a, b) => b.startedAt - a.startedAt || a.key.localeCompare(b.key));
  const actors = newest.map(
    ({ kind, key, principal, state, running, waiting, owned, startedAt, deadline, last }) => ({
      kind,
      name: `${kind} ${key}`,
      state,
      last,
      cells: [
        principal,
        state,
        running,
        waiting,
        owned,
        duration(scene.now() - startedAt),
        deadline === undefined ? '–' : `${duration(deadline.at - scene.now())} (${deadline.what})`,
      ],
    }),
  );
  return (
    <FollowedPane
      title="Handles"
      svg={svg}
      head={HEAD}
      actors={actors}
      listed={chosen === '' ? actors : actors.filter(({ kind }) => kind === chosen)}
      more={total - rows.length}
      none="None is awake."
      gone="is asleep or over."
    >
      <div class="kinds">
        <ul aria-label="Kinds">
          {stats.map(([kind, counts]) => (
            <li key={kind}>
              <b>{kind}</b> {number(counts.total)} now, {number(counts.asleep)} asleep,{' '}
              {number(counts.opened)} opened, {number(counts.failed)} failed
            </li>
          ))}
        </ul>
        {kinds.length > 1 && (
          <label class="select">
            <span>Kind</span>
            <select
              aria-label="Kind"
              value={chosen}
              onChange={({ currentTarget }) => setWanted(currentTarget.value)}
            >
              {['', ...kinds].map((kind) => (
                <option key={kind} value={kind}>
                  {kind === '' ? 'any' : kind}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </FollowedPane>
  );
}

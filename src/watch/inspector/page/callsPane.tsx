import { FollowedPane } from './followedPane.tsx';
import { duration } from './format.ts';
import type { Scene } from './scene.ts';

interface CallsPaneProps {
  readonly scene: Scene;
  readonly svg: string;
  readonly onSelect: (key: string) => void;
}

const HEAD = ['call', 'session', 'principal', 'state', 'round', 'questions', 'since', 'left'];

/** The pane of calls that have outlived their response, with the machine of one of them. */
export function CallsPane({ scene, svg, onSelect }: CallsPaneProps) {
  const { rows = [], total = 0 } = scene.calls ?? {};
  const newest = rows.toSorted((a, b) => b.since - a.since || b.call - a.call);
  const actors = newest.map(
    ({
      call,
      name,
      method,
      session,
      principal,
      state,
      round,
      questions,
      since,
      deadline,
      last,
    }) => ({
      name: `${name ?? method} #${call}`,
      title: method,
      state,
      last,
      cells: [
        <button class="link" onClick={() => onSelect(session)}>
          {session}
        </button>,
        principal,
        state,
        round,
        questions.join(', ') || '–',
        duration(scene.now() - since),
        deadline === undefined ? '–' : duration(deadline - scene.now()),
      ],
    }),
  );
  return (
    <FollowedPane
      title="Calls"
      svg={svg}
      head={HEAD}
      actors={actors}
      more={total - rows.length}
      none="No call waits for its client, and none is a task."
      gone="is over."
    />
  );
}

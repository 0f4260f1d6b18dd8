import { duration, timeOf } from './format.ts';
import type { Scene } from './scene.ts';
import { Table } from './table.tsx';

interface RuntimePaneProps {
  readonly scene: Scene;
  readonly onSelect: (key: string) => void;
}

const SHOWN = 300;

/** The pane of messages that could not be delivered, the newest first. */
export function LettersPane({ scene, onSelect }: RuntimePaneProps) {
  const letters = scene.letters.slice(-SHOWN).toReversed();
  return (
    <TablePane
      title="Dead letters"
      head={['at', 'session', 'way', 'kind', 'method', 'reason']}
      rows={letters.map(({ at, session, direction, kind, method = '–', reason }) => [
        timeOf(at),
        session,
        direction,
        kind,
        method,
        reason,
      ])}
      onSelect={onSelect}
    />
  );
}

/** The pane of tombstones: sessions that ended, and why, the latest first. */
export function EndedPane({ scene, onSelect }: RuntimePaneProps) {
  const ended = scene
    .rows()
    .filter(({ endedAt }) => endedAt !== undefined)
    .toSorted((a, b) => b.endedAt! - a.endedAt!)
    .slice(0, SHOWN);
  return (
    <TablePane
      title="Ended"
      head={['at', 'session', 'reason', 'age', 'messages', 'client']}
      rows={ended.map(({ key, reason = '', endedAt = 0, startedAt, seen, client }) => [
        timeOf(endedAt),
        key,
        reason,
        duration(endedAt - startedAt),
        String(seen.in + seen.out),
        client || '–',
      ])}
      onSelect={onSelect}
    />
  );
}

interface TablePaneProps extends Pick<RuntimePaneProps, 'onSelect'> {
  readonly title: string;
  readonly head: readonly string[];
  /** Cells of each row, where the second is the key of a session. */
  readonly rows: readonly (readonly string[])[];
}

function TablePane({ title, head, rows, onSelect }: TablePaneProps) {
  return (
    <div class="pane">
      <header class="title">
        <h2>{title}</h2>
      </header>
      {rows.length === 0 ? (
        <p class="none">None.</p>
      ) : (
        <Table title={title} head={head}>
          {rows.map(([at, session = '', ...cells], i) => (
            <tr key={i}>
              <td>{at}</td>
              <td>
                <button class="link" onClick={() => onSelect(session)}>
                  {session}
                </button>
              </td>
              {cells.map((cell, place) => (
                <td key={place}>{cell}</td>
              ))}
            </tr>
          ))}
        </Table>
      )}
    </div>
  );
}

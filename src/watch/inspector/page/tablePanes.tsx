import { duration, timeOf } from './format.ts';
import type { Scene } from './scene.ts';

interface TablePaneProps {
  readonly scene: Scene;
  readonly onSelect: (key: string) => void;
}

const SHOWN = 300;

/** The pane of messages that could not be delivered, the newest first. */
export function LettersPane({ scene, onSelect }: TablePaneProps) {
  const letters = scene.letters().slice(-SHOWN).toReversed();
  return (
    <div class="pane">
      <header class="title">
        <h2>Dead letters</h2>
      </header>
      <Table
        head={['at', 'session', 'way', 'kind', 'method', 'reason']}
        rows={letters.map(({ at, session, direction, kind, method, reason }) => ({
          session,
          cells: [timeOf(at), session, direction, kind, method ?? '–', reason],
        }))}
        onSelect={onSelect}
      />
    </div>
  );
}

/** The pane of tombstones: sessions that ended, and why, the latest first. */
export function EndedPane({ scene, onSelect }: TablePaneProps) {
  const ended = scene
    .rows()
    .filter(({ endedAt }) => endedAt !== undefined)
    .toSorted((a, b) => (b.endedAt ?? 0) - (a.endedAt ?? 0))
    .slice(0, SHOWN);
  return (
    <div class="pane">
      <header class="title">
        <h2>Ended</h2>
      </header>
      <Table
        head={['at', 'session', 'reason', 'age', 'messages', 'client']}
        rows={ended.map(({ key, reason, endedAt = 0, startedAt, seen, client }) => ({
          session: key,
          cells: [
            timeOf(endedAt),
            key,
            reason ?? '',
            duration(endedAt - startedAt),
            String(seen.in + seen.out),
            client || '–',
          ],
        }))}
        onSelect={onSelect}
      />
    </div>
  );
}

interface TableProps {
  readonly head: readonly string[];
  readonly rows: readonly { readonly session: string; readonly cells: readonly string[] }[];
  readonly onSelect: (key: string) => void;
}

function Table({ head, rows, onSelect }: TableProps) {
  if (rows.length === 0) return <p class="none">None.</p>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name}>{name}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ session, cells }, i) => (
            <tr key={i}>
              {cells.map((cell, at) => (
                <td key={at}>
                  {at === 1 ? (
                    <button type="button" class="link" onClick={() => onSelect(session)}>
                      {cell}
                    </button>
                  ) : (
                    cell
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

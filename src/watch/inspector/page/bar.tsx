import type { Status } from './connection.ts';
import { timeOf } from './format.ts';
import type { Recording } from './recording.ts';
import type { Overview } from './scene.ts';

interface BarProps {
  readonly status: Status;
  readonly overview: Overview;
  readonly recording: Recording | undefined;
  readonly trouble: string | undefined;
  readonly isListHidden: boolean;
  /** What the buttons do. */
  readonly actions: {
    readonly pause: () => void;
    readonly open: (file: File) => Promise<void>;
    readonly goLive: () => void;
    readonly seek: (position: number) => void;
    readonly help: () => void;
    readonly toggleList: () => void;
  };
}

/** The bar at the top: what the page shows, whether it is live, and the buttons. */
export function Bar(props: BarProps) {
  const { status, overview, recording, trouble, isListHidden, actions } = props;
  const word = recording === undefined ? status : 'recording';
  return (
    <header class="bar">
      <h1>mcp-actors</h1>
      <span class={`status is-${word}`} role="status" data-testid="status">
        {word === 'full' ? 'too many pages are open' : word}
      </span>
      {trouble !== undefined && (
        <span class="trouble" role="alert">
          {trouble}
        </span>
      )}
      {recording === undefined ? (
        <Summary overview={overview} />
      ) : (
        <Player recording={recording} seek={actions.seek} />
      )}
      <span class="tools">
        <button
          onClick={actions.toggleList}
          aria-expanded={!isListHidden}
          aria-controls="list"
          title="s"
        >
          List
        </button>
        {recording === undefined ? (
          <>
            <button onClick={actions.pause} title="p">
              {status === 'paused' ? 'Resume' : 'Pause'}
            </button>
            <a class="button" href="export.jsonl" download="sessions.jsonl" title="e" id="export">
              Export
            </a>
          </>
        ) : (
          <button onClick={actions.goLive} title="l">
            Back to live
          </button>
        )}
        <label class="button" title="o">
          Open
          <input
            id="open"
            type="file"
            accept=".jsonl,.ndjson,application/x-ndjson"
            aria-label="Open a recording"
            onChange={({ currentTarget }) => {
              const [file] = currentTarget.files ?? [];
              // Emptied, so that the same file can be chosen again.
              if (file !== undefined) void actions.open(file);
              currentTarget.value = '';
            }}
          />
        </label>
        <button onClick={actions.help} title="?" aria-label="Keys">
          ?
        </button>
      </span>
    </header>
  );
}

function Summary({ overview: { state, stats } }: { readonly overview: Overview }) {
  if (stats === undefined) return <span class="summary" />;
  const { total, ...byState } = stats.sessions;
  return (
    <span class="summary">
      <span class="chip">
        <b>{total}</b> sessions
      </span>
      {Object.entries(byState)
        .filter(([, count]) => count > 0)
        .map(([name, count]) => (
          <span key={name} class={`chip hue-${name}`}>
            <i class="dot" />
            <b>{count}</b> {name}
          </span>
        ))}
      <span class="chip">
        <b>{stats.inFlight}</b> in flight
      </span>
      {state !== 'accepting' && <span class="chip warn">{state}</span>}
    </span>
  );
}

type PlayerProps = Pick<BarProps['actions'], 'seek'> & { readonly recording: Recording };

function Player({ recording, seek }: PlayerProps) {
  const { name, position, all } = recording;
  return (
    <span class="player">
      <b>{name}</b>
      <button onClick={() => seek(position - 1)} aria-label="One line back" title=",">
        ◀
      </button>
      <input
        type="range"
        min={0}
        max={all.length}
        value={position}
        aria-label="Position in the recording"
        onInput={({ currentTarget }) => seek(Number(currentTarget.value))}
      />
      <button onClick={() => seek(position + 1)} aria-label="One line on" title=".">
        ▶
      </button>
      <output>
        {position} of {all.length} · {timeOf(recording.now())}
      </output>
    </span>
  );
}

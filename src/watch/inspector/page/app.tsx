import { useEffect, useState } from 'preact/hooks';
import type { DrawnMachine } from '../machines.ts';
import { ActorCharts } from './actorCharts.ts';
import { Bar } from './bar.tsx';
import { CallsPane } from './callsPane.tsx';
import { type Choice, EVERYTHING } from './choice.ts';
import { Connection } from './connection.ts';
import { Filters } from './filters.tsx';
import { HandlesPane } from './handlesPane.tsx';
import { Help } from './help.tsx';
import { OverviewPane } from './overviewPane.tsx';
import { useKeys } from './keys.ts';
import { List } from './list.tsx';
import { MachinePane } from './machinePane.tsx';
import { BadRecording, Recording } from './recording.ts';
import type { Scene } from './scene.ts';
import { SessionPane } from './sessionPane.tsx';
import { Store } from './store.ts';
import { Tabs } from './tabs.tsx';
import { EndedPane, LettersPane } from './tablePanes.tsx';
import { useChosen } from './useChosen.ts';
import { useFrames } from './useFrames.ts';

const TABS = ['Session', 'Supervisor', 'Dead letters', 'Ended'];
/** Longest recording, in bytes, that the page opens. */
const MAX_FILE = 128 * 1024 * 1024;

/** The whole page. */
export function App({ charts }: { readonly charts: readonly DrawnMachine[] }) {
  const draw = useFrames();
  const [actorCharts] = useState(() => new ActorCharts(charts, draw));
  const [store] = useState(() => new Store(actorCharts));
  const [line] = useState(() => new Connection(store, draw));
  const [recording, setRecording] = useState<Recording>();
  const [selected, setSelected] = useState<string>();
  const [wanted, setTab] = useState('Supervisor');
  const [choice, setChoice] = useState<Choice>(EVERYTHING);
  const [trouble, setTrouble] = useState<string>();
  const [isHelping, setHelping] = useState(false);
  const [isListHidden, setListHidden] = useState(false);
  const scene: Scene = recording ?? store;
  const rows = scene.rows();
  const chosen = useChosen(rows, choice);
  const [session, supervisor, call, ...machines] = charts;
  const calls = scene.calls === undefined ? [] : ['Calls'];
  const handles = scene.handles === undefined ? [] : ['Handles'];
  const tabs = [...TABS, ...calls, ...handles, ...machines.map(({ name }) => name)];
  // A recording has fewer tabs.
  const tab = tabs.includes(wanted) ? wanted : TABS[0]!;

  const select = (key: string): void => {
    setSelected(key);
    setTab('Session');
    line.select(key);
  };
  const step = (by: number): void => {
    const at = chosen.findIndex(({ key }) => key === selected);
    const row = chosen[Math.min(Math.max(at < 0 ? 0 : at + by, 0), chosen.length - 1)];
    if (row !== undefined) select(row.key);
  };
  const pause = (): void => (line.status === 'paused' ? line.resume() : line.pause());
  const goLive = (): void => setRecording(undefined);
  const help = (): void => setHelping(true);
  const toggleList = (): void => setListHidden(!isListHidden);
  const seek = (position: number): void => {
    recording?.seek(position);
    draw();
  };
  const open = async (file: File): Promise<void> => {
    setTrouble(undefined);
    try {
      if (file.size > MAX_FILE) throw new BadRecording('It is larger than 128 MiB.');
      setRecording(new Recording(file.name, await file.text(), actorCharts));
      setChoice({ ...EVERYTHING, state: 'all' });
    } catch (error) {
      const why = error instanceof BadRecording ? error.message : 'It can not be read.';
      setTrouble(`${file.name} is not shown. ${why}`);
    }
  };
  useKeys({
    j: () => step(1),
    k: () => step(-1),
    p: pause,
    e: () => document.getElementById('export')?.click(),
    o: () => document.getElementById('open')?.click(),
    l: goLive,
    ',': () => seek((recording?.position ?? 0) - 1),
    '.': () => seek((recording?.position ?? 0) + 1),
    '/': () => document.getElementById('search')?.focus(),
    '?': help,
    s: toggleList,
    digit: (digit) => setTab(tabs[digit - 1] ?? tab),
  });
  // The page opens with the first session: an empty pane would show the least of it.
  const first = chosen[0]?.key;
  useEffect(() => {
    if (selected === undefined && first !== undefined && recording === undefined) select(first);
  }, [selected === undefined && first]);

  const isStale = line.status !== 'live' && recording === undefined;
  const isClustered = scene.overview.stats?.cluster !== undefined;
  const classes = [isStale && 'stale', isClustered && 'clustered', isListHidden && 'wide'];
  const machine = machines.find(({ name }) => name === tab);
  const state = scene.machines.find(({ name }) => name === tab);
  return (
    <>
      <Bar
        status={line.status}
        overview={scene.overview}
        recording={recording}
        trouble={trouble}
        isListHidden={isListHidden}
        actions={{ pause, open, goLive, seek, help, toggleList }}
      />
      <main class={classes.filter(Boolean).join(' ')}>
        <nav id="list" class="side" aria-label="All sessions" hidden={isListHidden}>
          <Filters
            rows={rows}
            shown={chosen.length}
            reasons={reasonsOf(scene)}
            nodes={nodesOf(scene)}
            choice={choice}
            onChoose={setChoice}
          />
          <List
            rows={chosen}
            isClustered={isClustered}
            fresh={(row) => (recording === undefined ? (scene.row(row.key) ?? row) : row)}
            now={scene.now()}
            selected={selected}
            choice={choice}
            onChoose={setChoice}
            onSelect={select}
          />
        </nav>
        <div class="view">
          <Tabs
            names={tabs}
            chosen={tab}
            counts={{
              'Dead letters': scene.letters.length,
              Calls: scene.calls?.total ?? 0,
              Handles: scene.handles?.total ?? 0,
            }}
            onChoose={setTab}
          />
          <div
            id="tabpanel"
            role="tabpanel"
            aria-labelledby={`tab-${tabs.indexOf(tab)}`}
            tabIndex={0}
          >
            {tab === 'Session' && selected !== undefined && (
              <SessionPane scene={scene} session={selected} svg={session!.svg} />
            )}
            {tab === 'Session' && selected === undefined && (
              <p class="none">No session yet. Connect a client.</p>
            )}
            {tab === 'Supervisor' && <OverviewPane scene={scene} svg={supervisor!.svg} />}
            {tab === 'Dead letters' && <LettersPane scene={scene} onSelect={select} />}
            {tab === 'Ended' && <EndedPane scene={scene} onSelect={select} />}
            {tab === 'Calls' && <CallsPane scene={scene} svg={call!.svg} onSelect={select} />}
            {tab === 'Handles' && <HandlesPane scene={scene} svg={session!.svg} />}
            {machine !== undefined && <MachinePane machine={machine} state={state} />}
          </div>
        </div>
      </main>
      {isHelping && <Help onClose={() => setHelping(false)} />}
    </>
  );
}

/** Reasons to filter by: all reasons where the runtime names them, else those in the recording. */
function reasonsOf(scene: Scene): string[] {
  const { stats } = scene.overview;
  if (stats !== undefined) return [...Object.keys(stats.evicted), 'kept'];
  return [...new Set(scene.rows().flatMap(({ reason }) => reason ?? []))];
}

/** Names of processes to filter by: those that live, and those that have sessions still. */
function nodesOf(scene: Scene): string[] {
  if (scene.overview.stats?.cluster === undefined) return [];
  const named = scene.rows().flatMap(({ node }) => node ?? []);
  return [...new Set([...(scene.nodes ?? []).map(({ name }) => name), ...named])].toSorted();
}

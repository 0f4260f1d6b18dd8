import type { Runtime } from 'mcp-actors';
import type { EverythingState } from './state.ts';

const refreshMs = 250;
/** A log is read later and kept for long, so it is told less often. */
const refreshLogMs = 10_000;

/** Keeps one line about the runtime current, in place on a terminal; returns what stops it. */
export function keepStatusLine(runtime: Runtime<EverythingState>): () => void {
  const { isTTY } = process.stdout;
  let shown = '';

  const show = () => {
    const line = describe(runtime);
    if (line === shown) return;
    shown = line;
    // Return to the start, write, and erase what a longer line left behind.
    process.stdout.write(
      isTTY ? `\r${line.slice(0, (process.stdout.columns || 80) - 1)}\x1b[K` : `${line}\n`,
    );
  };

  show();
  const timer = setInterval(show, isTTY ? refreshMs : refreshLogMs);
  return () => {
    clearInterval(timer);
    show();
    if (isTTY) process.stdout.write('\n');
  };
}

function describe(runtime: Runtime<EverythingState>): string {
  const { sessions, calls, evicted } = runtime.stats();
  const { total, ...byState } = sessions;
  // States with nobody in them are left out: the line must fit a terminal of 80 columns.
  const states = Object.entries(byState).flatMap(([state, count]) =>
    count > 0 ? `${count} ${state}` : [],
  );
  const ends = Object.values(evicted).reduce((sum, count) => sum + count, 0);
  return `sessions: ${total > 0 ? states.join(', ') : 'none'} · calls: ${calls} · evictions: ${ends}`;
}

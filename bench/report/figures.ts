import type { ContenderName } from '../contenders/index.ts';
import type { Rounds } from '../figures/interleave.ts';
import type { SessionBytes } from '../figures/memory.ts';
import type { Work } from '../figures/work.ts';
import { ratio, spread, type Spread } from '../stats.ts';
import { figure, percent, table } from './table.ts';

type Read<T> = (value: T) => number;

const range = ({ min, max }: Spread): string => `${figure(min)} – ${figure(max)}`;

/** The ratios of one contender to another, round by round; nothing when either did not run. */
export function against<T>(
  rounds: Rounds<T>,
  name: ContenderName,
  base: ContenderName,
  read: Read<T>,
): Spread | undefined {
  const [mine, theirs] = [rounds.get(name), rounds.get(base)];
  return mine && theirs && ratio(mine.map(read), theirs.map(read));
}

function row<T>(rounds: Rounds<T>, name: ContenderName, read: Read<T>): string[] {
  const own = spread((rounds.get(name) ?? []).map(read));
  const cells = [name, figure(own.median), range(own)];
  for (const base of ['map', 'bare'] as const) {
    const ratios = against(rounds, name, base, read);
    cells.push(ratios ? figure(ratios.median) : '', ratios ? range(ratios) : '');
  }
  return cells;
}

const ratioHeader = ['median', 'min – max', '× map', 'min – max', '× bare', 'min – max'];

export function workTable(title: string, rounds: Rounds<Work>): string {
  const rows = [...rounds].map(([name, works]) => [
    ...row(rounds, name, ({ perSecond }) => perSecond),
    figure(spread(works.map(({ serverMicros }) => serverMicros)).median),
    percent(spread(works.map(({ serverCpuShare }) => serverCpuShare)).median),
    percent(spread(works.map(({ driverCpuShare }) => driverCpuShare)).median),
  ]);
  const header = ['', ...ratioHeader, 'server µs each', 'server CPU', 'driver CPU'];
  return `${title}\n${table(header, rows)}`;
}

export function memoryTable(rounds: Rounds<SessionBytes>, sessions: number): string {
  const part = (title: string, read: Read<SessionBytes>): string =>
    `${title}\n${table(
      ['', ...ratioHeader],
      [...rounds.keys()].map((name) => row(rounds, name, read)),
    )}`;
  return [
    part(`Bytes per idle session, heap and external, ${sessions} sessions`, ({ heap }) => heap),
    part('The same, resident set', ({ rss }) => rss),
  ].join('\n\n');
}

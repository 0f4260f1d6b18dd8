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

/** Whom the others are compared with, as far as they ran. */
const BASES: readonly ContenderName[] = ['map', 'direct', 'bare'];

const basesOf = (rounds: Rounds<unknown>): readonly ContenderName[] =>
  BASES.filter((name) => rounds.has(name));

const headerOf = (rounds: Rounds<unknown>): string[] => [
  'median',
  'min – max',
  ...basesOf(rounds).flatMap((base) => [`× ${base}`, 'min – max']),
];

function row<T>(rounds: Rounds<T>, name: ContenderName, read: Read<T>): string[] {
  const own = spread((rounds.get(name) ?? []).map(read));
  const cells = [figure(own.median), range(own)];
  for (const base of basesOf(rounds)) {
    // Both are among the rounds.
    const ratios = against(rounds, name, base, read) as Spread;
    cells.push(figure(ratios.median), range(ratios));
  }
  return cells;
}

const medianOf = <T>(values: readonly T[], read: Read<T>): number =>
  spread(values.map(read)).median;

/** How much each did, and which of the two processes was the limit. */
export function speedTable(title: string, rounds: Rounds<Work>): string {
  const rows = [...rounds].map(([name, works]) => [
    name,
    ...row(rounds, name, ({ perSecond }) => perSecond),
    percent(medianOf(works, ({ serverCpuShare }) => serverCpuShare)),
    percent(medianOf(works, ({ driverCpuShare }) => driverCpuShare)),
  ]);
  return `${title}\n${table(['', ...headerOf(rounds), 'server CPU', 'driver CPU'], rows)}`;
}

/** What it cost each. */
export function cpuTable(title: string, rounds: Rounds<Work>): string {
  const rows = [...rounds].map(([name, works]) => [
    name,
    ...row(rounds, name, ({ serverMicros }) => serverMicros),
    figure(medianOf(works, ({ userMicros }) => userMicros)),
  ]);
  return `${title}\n${table(['', ...headerOf(rounds), 'user alone'], rows)}`;
}

export function memoryTable(rounds: Rounds<SessionBytes>, sessions: number): string {
  const part = (title: string, read: Read<SessionBytes>): string =>
    `${title}\n${table(
      ['', ...headerOf(rounds)],
      [...rounds.keys()].map((name) => [name, ...row(rounds, name, read)]),
    )}`;
  return [
    part(`Bytes per idle session, heap and external, ${sessions} sessions`, ({ heap }) => heap),
    part('The same, resident set', ({ rss }) => rss),
  ].join('\n\n');
}

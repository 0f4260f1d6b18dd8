import type { ContenderName } from '../contenders/index.ts';
import type { Rounds } from '../figures/interleave.ts';
import type { Waiting } from '../figures/waiting.ts';
import type { Work } from '../figures/work.ts';
import { spread } from '../stats.ts';
import { against } from './figures.ts';
import { figure, table } from './table.ts';

const speed = ({ perSecond }: Work): number => perSecond;
const micros = ({ serverMicros }: Work): number => serverMicros;

/** Calls per second, and CPU of a call, against sessions and against the recipe of SDK v2. */
export function statelessTable(rounds: Rounds<Work>, server: string): string {
  const ratio = (
    name: ContenderName,
    base: ContenderName,
    read: (work: Work) => number,
  ): string => {
    const found = against(rounds, name, base, read);
    return found === undefined ? '' : figure(found.median);
  };
  const rows = [...rounds].map(([name, works]) => [
    name,
    figure(spread(works.map(speed)).median),
    ratio(name, 'actors', speed),
    ratio(name, 'handler', speed),
    ratio(name, 'bare', speed),
    figure(spread(works.map(micros)).median),
    ratio(name, 'actors', micros),
    ratio(name, 'handler', micros),
  ]);
  const header = [
    '',
    'calls/s',
    '× actors',
    '× handler',
    '× bare',
    'server µs',
    '× actors',
    '× handler',
  ];
  return `Sessions and the stateless revision, ${server}\n${table(header, rows)}`;
}

export function waitingTable(list: readonly Waiting[]): string {
  const rows = list.map(({ what, bytes, serverMicros }) => [
    what,
    figure(bytes),
    figure(serverMicros),
  ]);
  return `What waits\n${table(['', 'bytes', 'server µs'], rows)}`;
}

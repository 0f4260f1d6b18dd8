import type { ContenderName } from '../contenders/index.ts';
import type { Rounds } from '../figures/interleave.ts';
import type { Work } from '../figures/work.ts';
import { spread, type Spread } from '../stats.ts';
import { against } from './figures.ts';
import { figure, table } from './table.ts';

const BASE: ContenderName = 'actors';

/** Calls per second, and CPU of a call, against nobody listening. */
export function watchingTable(rounds: Rounds<Work>): string {
  const part = (name: ContenderName, works: Work[], read: (work: Work) => number): string[] => {
    // Its own base is among the rounds.
    const ratios = against(rounds, name, BASE, read) as Spread;
    const range = `${figure(ratios.min)} – ${figure(ratios.max)}`;
    return [figure(spread(works.map(read)).median), figure(ratios.median), range];
  };
  const rows = [...rounds].map(([name, works]) => [
    name === BASE ? 'nobody' : name.replace('watch-', ''),
    ...part(name, works, ({ perSecond }) => perSecond),
    ...part(name, works, ({ serverMicros }) => serverMicros),
  ]);
  const header = ['', 'calls/s', '× nobody', 'min – max', 'server µs', '× nobody', 'min – max'];
  return `Who listens\n${table(header, rows)}`;
}

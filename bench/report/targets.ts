import type { Results } from '../results.ts';
import { actorShare, shares } from '../profile/shares.ts';
import { against } from './figures.ts';
import { figure, percent, table } from './table.ts';

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** What the core must reach, as far as this run measured it. */
export function targets({ calls, churn, memory, profiles }: Results): Target[] {
  const list: Target[] = [];
  const perCall = calls && against(calls, 'actors', 'map', ({ perSecond }) => perSecond)?.median;
  if (perCall !== undefined) {
    list.push(atLeast('calls per second against map', perCall, 3.5));
  }
  const perOpen = churn && against(churn, 'actors', 'map', ({ perSecond }) => perSecond)?.median;
  if (perOpen !== undefined) {
    list.push(atLeast('open + close per second against map', perOpen, 3));
  }
  const bytes = memory && against(memory, 'actors', 'map', ({ heap }) => heap)?.median;
  if (bytes !== undefined) {
    const floor = memory && against(memory, 'direct', 'map', ({ heap }) => heap)?.median;
    list.push({
      what: 'bytes per idle session against map',
      wanted: '<= 0.25 ×',
      measured: `${figure(bytes)} ×${floor ? ` (direct: ${figure(floor)} ×)` : ''}`,
      reached: bytes <= 0.25,
    });
  }
  const profile = profiles.find(
    ({ contender, load }) => contender === 'actors' && load === 'calls',
  );
  if (profile) {
    const { self, whole } = actorShare(shares(profile));
    list.push({
      what: "machine, mailbox and events of a call's CPU",
      wanted: '< 15 %',
      measured: `${percent(self)} (${percent(whole)} with node and gc)`,
      reached: self < 0.15,
    });
  }
  return list;
}

function atLeast(what: string, measured: number, wanted: number): Target {
  return {
    what,
    wanted: `>= ${wanted} ×`,
    measured: `${figure(measured)} ×`,
    reached: measured >= wanted,
  };
}

export function targetTable(list: readonly Target[]): string {
  const rows = list.map(({ what, wanted, measured, reached }) => [
    what,
    wanted,
    measured,
    reached ? 'reached' : 'NOT reached',
  ]);
  return `Targets\n${table(['', 'wanted', 'measured', ''], rows)}`;
}

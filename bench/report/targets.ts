import type { ServerName } from '../contenders/echo.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Work } from '../figures/work.ts';
import type { Results } from '../results.ts';
import { ownShare, shares } from '../profile/shares.ts';
import { against } from './figures.ts';
import { figure, percent, table } from './table.ts';

export interface Target {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly reached: boolean;
}

/** What the core must reach, as far as this run measured it. */
export function targets(results: Results, server: ServerName): Target[] {
  const { calls, churn, memory, profiles } = results;
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
    const { self, whole } = ownShare(shares(profile));
    list.push({
      what: "this library of a call's CPU",
      wanted: '<= 12 %',
      measured: `${percent(self)} (${percent(whole)} with node and gc)`,
      reached: self <= 0.12,
    });
  }
  return [...list, ...statelessTargets(results, server)];
}

/** What the stateless revision must reach, as far as this run measured it. */
function statelessTargets({ stateless, waiting }: Results, server: ServerName): Target[] {
  const list: Target[] = [];
  const compare = (
    name: ContenderName,
    base: ContenderName,
    how: 'speed' | 'cpu',
    wanted: number,
  ): void => {
    const read = ({ perSecond, serverMicros }: Work): number =>
      how === 'speed' ? perSecond : serverMicros;
    const measured = stateless && against(stateless, name, base, read)?.median;
    if (measured === undefined) return;
    if (how === 'speed')
      list.push(atLeast(`calls per second of ${name} against ${base}`, measured, wanted));
    else list.push(atMost(`CPU of a call of ${name} against ${base}`, measured, wanted, '×'));
  };
  compare('modern', 'handler', 'speed', server === 'Wide' ? 10 : 4);
  if (server !== 'Wide') {
    compare('modern', 'actors', 'cpu', server === 'Server' ? 1.2 : 1.25);
    compare('modern', 'bare', 'speed', 0.28);
    compare('modern-v2', 'actors', 'cpu', 1.25);
    compare('modern-request', 'handler', 'cpu', server === 'Hoisted' ? 0.6 : 1);
  }
  for (const [index, wanted] of [8192, 16_384, 6144].entries()) {
    const each = waiting?.[index];
    if (each !== undefined) list.push(atMost(`bytes of ${each.what}`, each.bytes, wanted, ''));
  }
  return list;
}

function atMost(what: string, measured: number, wanted: number, unit: string): Target {
  return {
    what,
    wanted: `<= ${figure(wanted)} ${unit}`.trimEnd(),
    measured: `${figure(measured)} ${unit}`.trimEnd(),
    reached: measured <= wanted,
  };
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

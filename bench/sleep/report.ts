import { figure, table } from '../report/table.ts';
import { ratio, spread, type Spread } from '../stats.ts';
import type { Latencies } from './child/questions.ts';
import type { Measured } from './measure.ts';

/** What the runtime must hold. */
export interface Aim {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isReached: boolean;
}

const range = ({ min, max }: Spread): string => `${figure(min)} – ${figure(max)}`;
const count = (value: number): string => value.toLocaleString('en');
const maybe = (value: number | undefined): string => (value === undefined ? '-' : figure(value));

/** A percentile of one round. */
export function at(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? NaN;
}

const each = (rounds: readonly Latencies[], kind: keyof Latencies, share: number): number[] =>
  rounds.map((round) => at(round[kind], share));
const median = (rounds: readonly Latencies[], kind: keyof Latencies, share: number): number =>
  spread(each(rounds, kind, share)).median;

/** Bytes of a session beside its user's state. */
export const beside = ({ bytes, stateBytes }: Measured): number => bytes - stateBytes;

export function spaceTable(all: readonly Measured[]): string {
  const rows = all.map((one) => [
    one.store,
    count(one.sessions),
    figure(beside(one)),
    figure(one.stateBytes),
    figure(one.rssBytes),
    maybe(one.diskBytes),
    figure((one.filled.openMs * 1000) / one.sessions),
    figure((one.filled.sleepMs * 1000) / one.sessions),
  ]);
  const header = ['', 'sessions', 'bytes each', 'state', 'resident', 'on disk'];
  const times = ['opening µs each', 'falling asleep µs each'];
  return `Asleep: heap and external bytes of a session beside its user's state\n${table([...header, ...times], rows)}`;
}

export function wakeTable(all: readonly Measured[]): string {
  const rows = all.map(({ store, sessions, rounds }) => {
    const ratios = ratio(each(rounds, 'wakes', 0.5), each(rounds, 'calls', 0.5));
    return [
      store,
      count(sessions),
      figure(median(rounds, 'wakes', 0.5)),
      figure(median(rounds, 'wakes', 0.99)),
      range(spread(each(rounds, 'wakes', 0.99))),
      figure(median(rounds, 'calls', 0.5)),
      figure(median(rounds, 'calls', 0.99)),
      figure(ratios.median),
      range(ratios),
    ];
  });
  const header = ['', 'sessions', 'wake p50', 'wake p99', 'min – max', 'call p50', 'call p99'];
  return (
    'Milliseconds from message to answer: a session that sleeps, and one that is awake\n' +
    table([...header, 'wake × call', 'min – max'], rows)
  );
}

export function crowdTable(all: readonly Measured[]): string {
  const rows = all.map(({ store, sessions, dozed, expired, leftBytes }) => [
    store,
    count(sessions),
    count(dozed.sessions),
    figure(dozed.ms),
    figure(dozed.blockMs),
    expired === undefined ? '-' : count(expired.sessions),
    maybe(expired?.ms),
    maybe(expired?.blockMs),
    leftBytes === undefined ? '-' : figure(leftBytes / sessions),
  ]);
  const asleep = ['fall asleep', 'ms', 'longest block ms'];
  const end = ['end', 'ms', 'longest block ms', 'bytes left of each'];
  return `Many at once\n${table(['', 'sessions', ...asleep, ...end], rows)}`;
}

export function reopenTable(all: readonly Measured[]): string {
  const rows = all.flatMap(({ store, sessions, reopened }) => {
    if (reopened === undefined) return [];
    const { openMs, firstMs, latencies } = reopened;
    const [p50, p99] = [at(latencies.wakes, 0.5), at(latencies.wakes, 0.99)];
    return [[store, count(sessions), ...[openMs, firstMs, p50, p99].map(figure)]];
  });
  if (rows.length === 0) return '';
  const header = ['', 'sessions', 'open ms', 'first wake ms', 'wake p50', 'wake p99'];
  return `Another process opens the store\n${table(header, rows)}`;
}

/** What this run says about what is promised. */
export function aims(all: readonly Measured[]): Aim[] {
  const list: Aim[] = [];
  for (const store of new Set(all.map((one) => one.store))) {
    const sizes = all.filter((one) => one.store === store);
    const [smallest, largest] = [sizes[0], sizes.at(-1)];
    if (smallest === undefined || largest === undefined) continue;
    const beyond = `beside ${count(largest.sessions)}`;
    if (store === 'memory') {
      const bytes = beside(largest);
      list.push(atMost(`bytes of a sleeping session, ${beyond}`, bytes, 400, ''));
    }
    const p99 = median(largest.rounds, 'wakes', 0.99);
    list.push(atMost(`${store}: wake p99, ${beyond}`, p99, 5, ' ms'));
    if (smallest === largest) continue;
    const flat = (share: number): number =>
      ratio(each(largest.rounds, 'wakes', share), each(smallest.rounds, 'wakes', share)).median;
    const against = `${beyond} against ${count(smallest.sessions)}`;
    list.push(atMost(`${store}: wake p50, ${against}`, flat(0.5), 1.5, ' ×'));
    list.push(atMost(`${store}: wake p99, ${against}`, flat(0.99), 2, ' ×'));
  }
  return list;
}

function atMost(what: string, measured: number, most: number, unit: string): Aim {
  return {
    what,
    wanted: `<= ${most}${unit}`,
    measured: `${figure(measured)}${unit}`,
    isReached: measured <= most,
  };
}

export function aimTable(list: readonly Aim[]): string {
  const rows = list.map(({ what, wanted, measured, isReached }) => [
    what,
    wanted,
    measured,
    isReached ? 'reached' : 'NOT reached',
  ]);
  return `Aims\n${table(['', 'wanted', 'measured', ''], rows)}`;
}

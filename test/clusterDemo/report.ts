import type { DemoCluster } from './demoCluster.ts';
import type { DemoOptions } from './options.ts';
import type { Trouble } from './outcome.ts';
import { quantile, type Tally } from './tally.ts';

/** Kinds of trouble that need a word. */
const SAID: Partial<Record<Trouble, string>> = {
  quarantined: 'held back: its processes died again and again',
};

/** What has to hold. @returns what does not */
export function brokenBars(
  tally: Tally,
  { mode }: DemoOptions,
  unserved: readonly string[],
): string[] {
  const none: readonly [string, number][] = [
    ['sessions lost', tally.count('session lost')],
    ['answers of others', tally.foreign],
    ['updates lost', tally.lostUpdates],
    ['updates doubled', tally.doubled],
    ['calls without an end', tally.count('no end')],
    ['errors that are not clear', tally.count('other')],
    ['visitors not served after the last fault', unserved.length],
    ...(mode === 'term'
      ? ([['errors in deploys', tally.failed]] satisfies [string, number][])
      : []),
  ];
  const broken = none.filter(([, count]) => count > 0).map(([what, count]) => `${what}: ${count}`);
  if (tally.right === 0) broken.push('nothing was answered');
  return broken;
}

/** The line that keeps itself current. */
export function lineOf(tally: Tally, cluster: DemoCluster, seconds: number, last: string): string {
  const { calls, right, failed } = tally;
  const parts = [
    `${String(Math.round(seconds)).padStart(4)} s`,
    `${cluster.balancer.ready}/${cluster.nodes.length} ready`,
    `${calls} calls`,
    `${right} right`,
    `${failed} errors`,
    `lost ${tally.count('session lost')}, of others ${tally.foreign}, doubled ${tally.doubled}`,
    last,
  ];
  return parts.join(' · ');
}

/** The table at the end. */
export function tableOf(tally: Tally, cluster: DemoCluster, faults: number): string {
  const { local, forwarded } = tally;
  const rows: (readonly [string, string | number])[] = [
    ['faults', faults],
    ['sessions opened, ended', `${tally.opened}, ${tally.ended}`],
    ['calls', tally.calls],
    ['  right', tally.right],
    ...[...tally.troubles].map(([kind, count]) => [`  ${SAID[kind] ?? kind}`, count] as const),
    ['questions, progress, notifications', `${tally.questions}, ${tally.progress}, ${tally.told}`],
    ['sessions lost', tally.count('session lost')],
    ['answers of others', tally.foreign],
    ['updates lost, doubled', `${tally.lostUpdates}, ${tally.doubled}`],
    ['calls without an end', tally.count('no end')],
    ['local call p50, p99', `${ms(quantile(local, 0.5))}, ${ms(quantile(local, 0.99))}`],
    [
      'forwarded call p50, p99',
      `${ms(quantile(forwarded, 0.5))}, ${ms(quantile(forwarded, 0.99))}`,
    ],
    ['calls local, forwarded', `${local.length}, ${forwarded.length}`],
    ['longest answer', ms(tally.longestMs)],
    [
      'take-overs, longest',
      `${cluster.takeOvers.length}, ${ms(Math.max(0, ...cluster.takeOvers))}`,
    ],
  ];
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.map(([name, value]) => `${name.padEnd(width)}${value}`).join('\n');
}

function ms(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value < 1000 ? `${value.toFixed(1)} ms` : `${(value / 1000).toFixed(1)} s`;
}

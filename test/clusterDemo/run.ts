import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Random } from '../simulation/random.ts';
import { DemoCluster, idleMs } from './demoCluster.ts';
import { FAULTS, faultsOf } from './faults.ts';
import { type DemoOptions, readOptions, USAGE } from './options.ts';
import { findRedisServer, NO_REDIS } from './redisProcess.ts';
import { brokenBars, lineOf, tableOf } from './report.ts';
import { Tally } from './tally.ts';
import { Visitor } from './visitor.ts';

const options = optionsOf(process.argv.slice(2));
const { nodes, clients, minutes, every, mode, lease, seed, url } = options;
const program = findRedisServer();
if (url === undefined && program === undefined) {
  console.error(NO_REDIS);
  process.exit(2);
}

let isOver = false;
const stopped = new Promise<void>((resolve) => {
  // The processes are told by the terminal as well; whatever they do, they are ended.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isOver) process.exit(130);
      isOver = true;
      resolve();
    });
  }
});

const log = join(tmpdir(), `mcp-actors-cluster-${process.pid}.log`);
const redis = url === undefined ? { program: program! } : { url };
const cluster = await DemoCluster.start({ nodes, lease, redis, log });
console.log(`${nodes} processes behind ${cluster.balancer.url}, ${clients} clients, mode ${mode}`);
console.log(`What the processes say: ${log}`);

const dice = new Random(seed);
const tally = new Tally();
const visitors = Array.from({ length: clients }, (_, n) => {
  const patienceMs = 60_000;
  const random = new Random(seed * 1000 + n);
  const note = (text: string): void => cluster.note(text);
  const restMs = idleMs(lease) * 1.5;
  const from = { url: cluster.balancer.url, tally, note, patienceMs, pauseMs: 1000, restMs };
  return new Visitor(n, { ...from, random: () => random.next() });
});
const visiting = visitors.map((visitor) => visitor.visit());

const began = Date.now();
const seconds = (): number => (Date.now() - began) / 1000;
let last = '';
let count = 0;
const lines = setInterval(() => show(lineOf(tally, cluster, seconds(), last)), 1000);

for (const fault of faultsOf(mode)) {
  await Promise.race([pause(every * 1000), stopped]);
  if (isOver || seconds() >= minutes * 60) break;
  last = fault;
  last = await FAULTS[fault](cluster, { random: () => dice.next(), lease });
  count++;
}

// After the last fault: everybody is served again.
if (!isOver) await Promise.race([pause(lease + 2000), stopped]);
for (const visitor of visitors) visitor.stop();
const unserved: string[] = [];
if (!isOver) {
  await Promise.race([Promise.all(visiting), stopped]);
  await Promise.all(
    visitors.map(async (visitor) => {
      const isServed = (await visitor.step()) || (await visitor.step());
      if (!isServed && visitor.trouble !== 'quarantined') unserved.push(visitor.name);
      await visitor.leave();
    }),
  );
}
clearInterval(lines);
show('');
await cluster.close();

console.log(`\n${tableOf(tally, cluster, count)}\n`);
for (const remark of tally.remarks) console.log(remark);
const broken = isOver ? ['stopped before its end'] : brokenBars(tally, options, unserved);
console.log(broken.length === 0 ? 'Everything holds.' : `Does not hold:\n${broken.join('\n')}`);
process.exit(broken.length === 0 ? 0 : 1);

function optionsOf(args: readonly string[]): DemoOptions {
  if (args.includes('--help')) return leave(USAGE, 0);
  try {
    return readOptions(args);
  } catch (error) {
    return leave(`${(error as Error).message}\n\n${USAGE}`, 2);
  }
}

function leave(text: string, code: number): never {
  console.error(text);
  process.exit(code);
}

/** In the place of the last line, where somebody looks on. */
function show(line: string): void {
  if (!process.stdout.isTTY) {
    if (line !== '') console.log(line);
    return;
  }
  process.stdout.write(`\r\u001B[K${line.slice(0, process.stdout.columns - 1)}`);
}

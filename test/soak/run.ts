import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../simulation/random.ts';
import { Crowd } from './crowd.ts';
import { FaultProxy } from './faultProxy.ts';
import type { Figures } from './figures.ts';
import { LEFT_MS } from './left.ts';
import { grows, slopeOf } from './slope.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    sessions: { type: 'string', default: '10000' },
    /** What clients begin each second. */
    rate: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
    leak: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const sessions = Number(values.sessions);
const MB = 1024 * 1024;
/** Clients that are at it at any moment. */
const AT_ONCE = 48;
/** Figures are taken so often over the time that counts. */
const SAMPLES = 60;

/** What may grow by how much over the run: more is a leak. */
const TOLERATED: readonly [name: keyof Figures, tolerated: (mean: number) => number][] = [
  ['memory', (mean) => Math.max(2 * MB, mean * 0.03)],
  ['descriptors', () => 10],
  ['resources', () => 10],
  ['delayMs', () => 20],
];

const child = fork(join(import.meta.dirname, 'server.ts'), values.leak ? ['--leak'] : [], {
  execArgv: ['--expose-gc', '--import', 'tsx'],
});
const [port] = (await once(child, 'message')) as [number];
const dice = new Random(Number(values.seed));
const random = (): number => dice.next();
const proxy = new FaultProxy(port, random);
const crowd = new Crowd({
  url: `http://127.0.0.1:${await proxy.listen()}/mcp`,
  members: sessions,
  atOnce: AT_ONCE,
  perSecond: Number(values.rate),
  random,
});
const began = Date.now();

console.log(`${sessions} sessions for ${minutes} minutes, seed ${values.seed}`);
while (crowd.size < sessions * 0.95 && elapsed() < minutes / 3) await pause(1000);
// Those who left without a word, and those asleep, have come to their usual number by now.
await pause(Math.min(LEFT_MS * 1.5, (minutes * 60_000) / 6));
row(['min', 'memory', 'resident', 'fds', 'handles', 'delay', 'sessions', 'asleep', 'answered']);

const samples: Figures[] = [];
const every = Math.max(1000, ((minutes - elapsed()) * 60_000) / SAMPLES);
while (elapsed() < minutes || samples.length < 10) {
  const figures = await ask();
  samples.push(figures);
  show(figures);
  await pause(every);
}

await crowd.leave();
proxy.close();
// The longest deadline of a session that was left alone, and the sweep after it.
let floor = await ask();
for (let i = 0; i < 150 && floor.sessions + floor.asleep > 0; i++) {
  await pause(2000);
  floor = await ask();
}
show(floor);
const failures = TOLERATED.flatMap(([name, tolerated]) => {
  const figures = samples.map((each) => each[name]);
  const { growth, noise, mean } = slopeOf(figures);
  console.log(
    `${name}: mean ${mean.toFixed(1)}, grew by ${growth.toFixed(1)} ± ${noise.toFixed(1)}`,
  );
  return grows(figures, tolerated(mean)) ? [`${name} grows`] : [];
});
const { outcomes } = crowd;
console.log(outcomes, proxy.counts);
if (outcomes.foreign > 0) failures.push('an answer held what another client said');
if (outcomes.answered === 0) failures.push('nothing was answered');
if (floor.sessions + floor.asleep + floor.streams + floor.inFlight > 0) {
  failures.push('something is left of sessions that are over');
}
child.kill('SIGTERM');
console.log(failures.length === 0 ? 'no slope' : failures.join('\n'));
process.exitCode = failures.length === 0 ? 0 : 1;

function elapsed(): number {
  return (Date.now() - began) / 60_000;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function ask(): Promise<Figures> {
  const answer = once(child, 'message');
  child.send('figures');
  const [figures] = (await answer) as [Figures];
  return figures;
}

function show(figures: Figures): void {
  const { memory, resident, descriptors, resources, delayMs } = figures;
  row([
    elapsed().toFixed(1),
    (memory / MB).toFixed(1),
    (resident / MB).toFixed(0),
    descriptors,
    resources,
    delayMs.toFixed(0),
    figures.sessions,
    figures.asleep,
    crowd.outcomes.answered,
  ]);
}

function row(cells: readonly (string | number)[]): void {
  console.log(cells.map((each) => String(each).padStart(9)).join(''));
}

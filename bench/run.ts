import { writeFileSync } from 'node:fs';

import { build } from './build.ts';
import { readBudget } from './check/budget.ts';
import { judge } from './check/judge.ts';
import type { ContenderName } from './contenders/index.ts';
import { calls } from './figures/calls.ts';
import { churn } from './figures/churn.ts';
import { heap } from './figures/heap.ts';
import { memory } from './figures/memory.ts';
import { loads, profile } from './figures/profile.ts';
import { stateless } from './figures/stateless.ts';
import { waiting } from './figures/waiting.ts';
import { watching } from './figures/watching.ts';
import { enter } from './field.ts';
import { onNode } from './onNode.ts';
import { readOptions } from './options.ts';
import { cpuTable, memoryTable, speedTable } from './report/figures.ts';
import { toSaved } from './report/json.ts';
import { heapTable, profileTables } from './report/profile.ts';
import { statelessTable, waitingTable } from './report/stateless.ts';
import { verdictTable } from './report/verdicts.ts';
import { watchingTable } from './report/watching.ts';
import type { Results } from './results.ts';

const asked = readOptions(process.argv.slice(2));
await onNode(asked.node);
using field = await enter(asked);
const options = { ...asked, contenders: field.contenders };
const launch = { ...field.launch, entry: build('child/main') };
const results: Results = { profiles: [], heaps: new Map() };
const wants = new Set(options.figures);
// The inside of `actors` is what a reader of this project wants; others where they are named.
const looked: readonly ContenderName[] = asked.areNamed ? options.contenders : ['actors'];

const show = (text: string): void => console.log(`\n${text}`);
show(
  `${options.contenders.join(', ')}: ${options.rounds} interleaved rounds of ${options.seconds} s, ` +
    `${options.connections} connections, ${options.sessions} sessions, ` +
    `one ${options.server} a session, node ${process.version}`,
);
for (const [name, why] of field.absent) show(`Without ${name}: ${why}`);

if (wants.has('calls')) {
  results.calls = await calls(options, launch);
  show(speedTable('tools/call per second', results.calls));
  show(cpuTable('CPU of a call, in microseconds of the server', results.calls));
}
if (wants.has('churn')) {
  results.churn = await churn(options, launch);
  show(speedTable('Session open + close per second', results.churn));
  show(cpuTable('CPU of an open + close, in microseconds of the server', results.churn));
}
if (wants.has('memory')) {
  results.memory = await memory(options, launch);
  show(memoryTable(results.memory, options.idleSessions));
}
if (wants.has('watching')) {
  results.watching = await watching(options, launch);
  show(watchingTable(results.watching));
}
if (wants.has('stateless')) {
  results.stateless = await stateless(options, launch);
  show(statelessTable(results.stateless, options.server));
}
if (wants.has('waiting')) {
  results.waiting = await waiting(launch, options.idleSessions);
  show(waitingTable(results.waiting));
}
for (const load of loads) {
  for (const name of wants.has(load === 'calls' ? 'profile' : 'profile-churn') ? looked : []) {
    const measured = await profile(options, launch, name, load);
    results.profiles.push(measured);
    show(profileTables(measured));
  }
}
for (const name of wants.has('heap') ? looked : []) {
  const kinds = await heap(options, launch, name);
  results.heaps.set(name, kinds);
  show(heapTable(name, kinds));
}

const saved = toSaved(options, results);
const verdicts = judge(readBudget(), [saved]).filter(({ measured }) => measured !== undefined);
if (options.quick) show('A quick run: it works. It measures nothing.');
else if (verdicts.length > 0) show(verdictTable(verdicts));
if (options.json) writeFileSync(options.json, JSON.stringify(saved, null, 2));

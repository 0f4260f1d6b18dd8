/**
 * Does the same things to this library and to what else there is, each with its defaults, and
 * compares what they say with the table of the README. Needs the network the first time.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../conformance/install.ts';
import { PROBES } from './probes.ts';
import { Subject } from './subject.ts';

const HERE = import.meta.dirname;
const README = readFileSync(join(HERE, '../../README.md'), 'utf8');
/** In the order of the README's columns. */
const COMMANDS: readonly (readonly string[])[] = [
  [join(HERE, 'servers/map.mjs')],
  [join(HERE, 'servers/fastmcp.mjs')],
  [join(HERE, 'servers/handler.mjs')],
  ['--import', 'tsx', join(HERE, 'servers/actors.ts')],
];

install(HERE);
const seen = new Map(Object.keys(PROBES).map((name) => [name, [] as string[]]));
for (const command of COMMANDS) {
  const subject = await Subject.start(command);
  try {
    for (const [name, probe] of Object.entries(PROBES)) seen.get(name)!.push(await probe(subject));
  } finally {
    await subject.close();
  }
}

let failed = 0;
for (const [name, cells] of seen) {
  const row = README.split('\n').find((line) => line.startsWith(`| ${name} `)) ?? '';
  const told = row
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
  const isTold = told.join() === cells.join();
  failed += isTold ? 0 : 1;
  console.log(`| ${name} | ${cells.join(' | ')} |${isTold ? '' : ' is not in the README'}`);
}
console.log(`${seen.size - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

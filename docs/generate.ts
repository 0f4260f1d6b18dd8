import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sessionMachine, supervisorMachine } from '../machines/index.ts';
import { chartsModule, pictures } from './generate/charts.ts';
import { detailOf, overviewOf } from './generate/mermaid.ts';
import { pageModule } from './generate/page.ts';
import { roomsPicture } from './generate/rooms.ts';
import { readMachine } from '../src/watch/inspector/chart/statechart.ts';
import { statesOf, transitionsOf } from './generate/tables.ts';

const ROOT = new URL('../', import.meta.url);
const PAGE = new URL('lifecycle.md', import.meta.url);

const session = readMachine(sessionMachine);
const supervisor = readMachine(supervisorMachine);

const PARTS: Readonly<Record<string, string>> = {
  'session overview': overviewOf(session),
  'session detail': detailOf(session),
  'session states': statesOf(session),
  'session transitions': transitionsOf(session),
  'supervisor detail': detailOf(supervisor),
  'supervisor transitions': transitionsOf(supervisor),
};

/** A page with each part between its markers made anew from the machines. */
export function regenerate(page: string): string {
  return Object.entries(PARTS).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- generated: ${name} -->`, '<!-- end -->'];
    const from = text.indexOf(begin);
    const to = text.indexOf(end, from);
    if (from < 0 || to < 0) throw new Error(`lifecycle.md has no markers for "${name}"`);
    return `${text.slice(0, from + begin.length)}\n\n${part}\n\n${text.slice(to)}`;
  }, page);
}

/** Every other file that is made, by its path from the root. */
export async function generated(): Promise<ReadonlyMap<string, string>> {
  return new Map([
    ...pictures(),
    ['docs/images/rooms.svg', roomsPicture()],
    ['src/watch/inspector/assets/charts.ts', chartsModule()],
    ['src/watch/inspector/assets/page.ts', await pageModule()],
  ]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(PAGE, regenerate(readFileSync(PAGE, 'utf8')));
  for (const [path, text] of await generated()) writeFileSync(new URL(path, ROOT), text);
}

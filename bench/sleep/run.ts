/** What a million sleeping sessions cost: `npm run bench:sleep`. */
import { writeFileSync } from 'node:fs';

import { build } from '../build.ts';
import { onNode } from '../onNode.ts';
import { heapTable } from '../report/profile.ts';
import { heap } from './heap.ts';
import { measure, type Measured } from './measure.ts';
import { readOptions } from './options.ts';
import { aims, aimTable, crowdTable, reopenTable, spaceTable, wakeTable } from './report.ts';

/** A snapshot is one JSON document. */
const HEAP_SESSIONS = 8000;

const options = readOptions(process.argv.slice(2));
await onNode(options.node);
const entry = build('sleep/child/main');
const show = (text: string): void => {
  if (text !== '') console.log(`\n${text}`);
};

if (options.heap) {
  show(heapTable('asleep', await heap(entry, HEAP_SESSIONS)));
} else {
  const all: Measured[] = [];
  for (const store of options.stores) all.push(...(await measure(options, store, entry)));
  for (const one of [spaceTable, wakeTable, crowdTable, reopenTable]) show(one(all));
  const list = aims(all);
  show(options.quick ? 'A quick run: it works. It measures nothing.' : aimTable(list));
  if (options.json !== undefined) {
    const { version: node } = process;
    writeFileSync(
      options.json,
      JSON.stringify({ node, options, aims: list, measured: all }, null, 2),
    );
  }
}

/** `npm run bench:plot -- RUN.json OUT.svg`: the picture of a run, for light and dark pages. */
import { writeFileSync } from 'node:fs';

import { picture } from './report/picture.ts';
import { readRun } from './report/saved.ts';

const [run, out] = process.argv.slice(2);
if (run === undefined || out === undefined) {
  console.error('npm run bench:plot -- RUN.json OUT.svg, with what npm run bench -- --json wrote');
  process.exit(2);
}
writeFileSync(out, picture(readRun(run)));

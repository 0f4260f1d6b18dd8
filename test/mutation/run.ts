import process from 'node:process';
import { Stryker } from '@stryker-mutator/core';
import { COVERS } from './covers.ts';

type Mutant = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** `npm run mutation -- machines src/store/writer.ts`: parts of names, or none for all. */
const wanted = process.argv.slice(2);
const files = Object.keys(COVERS).filter(
  (file) => wanted.length === 0 || wanted.some((part) => file.includes(part)),
);
const rows: string[] = [];
for (const file of files) {
  // For vitest.config.ts. Stryker's own `testFiles` switches on too late what a module does once.
  process.env['MUTATION_TESTS'] = COVERS[file]!.join(' ');
  const mutants = await new Stryker({
    configFile: 'test/mutation/stryker.config.mjs',
    incrementalFile: `coverage/mutants/${file.replaceAll('/', '.')}.json`,
    mutate: [file],
  }).runMutationTest();
  rows.push(rowOf(file, mutants));
}
console.log(
  ['| file | mutants | killed | score |', '| --- | --: | --: | --: |', ...rows].join('\n'),
);

function rowOf(file: string, mutants: readonly Mutant[]): string {
  const count = (...which: readonly Mutant['status'][]): number =>
    mutants.filter(({ status }) => which.includes(status)).length;
  // An error outside of tests fails a run as well: a module that does not load, a stray rejection.
  const killed = count('Killed', 'Timeout', 'RuntimeError');
  const all = killed + count('Survived', 'NoCoverage');
  return `| \`${file}\` | ${all} | ${killed} | ${Math.round((100 * killed) / all)} % |`;
}

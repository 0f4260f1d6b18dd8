import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';
import { filesBelow } from '../../test/support/sources.ts';
import { probe } from './probes.ts';
import { type Walk, walkOf } from './walk.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Each journey is made this often: what a timer or a split packet adds to one does not count. */
const ROUNDS = 5;

const { values } = parseArgs({
  options: { trace: { type: 'boolean' }, json: { type: 'boolean' } },
});

const folder = mkdtempSync(join(tmpdir(), 'mcp-actors-walk-'));
try {
  const walks = await walk(folder);
  if (values.json) console.log(JSON.stringify(Object.fromEntries(walks), undefined, 2));
  else print(walks);
} finally {
  rmSync(folder, { recursive: true });
}

async function walk(copy: string): Promise<ReadonlyMap<string, Walk>> {
  const [dist, coverage] = [join(copy, 'dist'), join(copy, 'coverage')];
  await compile([...filesBelow('machines'), ...filesBelow('src')], ROOT, dist);
  await compile(['bench/walk/child.ts'], join(ROOT, 'bench/walk'), copy);
  // With its name and its exports the copy is the package its child imports.
  cpSync(join(ROOT, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'junction');

  // Without lazy compilation the engine knows every function of a module it has loaded.
  run(copy, ['--no-lazy'], 1, { NODE_V8_COVERAGE: coverage });
  const probed = probe(coverage, dist);
  const rounds = run(copy, [], ROUNDS);
  return new Map(
    Object.keys(rounds[0]!).map((journey) => {
      const numbers = mostFrequent(rounds.map((round) => round[journey]!));
      return [journey, walkOf(numbers.map((number) => probed[number]!))];
    }),
  );
}

/** File by file, as `tsc` does it, but also where the types do not fit at the moment. */
async function compile(files: readonly string[], base: string, outdir: string): Promise<void> {
  await build({
    entryPoints: files.map((file) => join(ROOT, file)),
    outbase: base,
    outdir,
    bundle: true,
    packages: 'external',
    treeShaking: false,
    format: 'esm',
    platform: 'node',
    target: 'es2023',
    plugins: [
      {
        name: 'each file stays one',
        setup: (plugin) =>
          plugin.onResolve({ filter: /^\./ }, ({ path, kind }) =>
            kind === 'entry-point'
              ? undefined
              : { path: path.replace(/\.ts$/, '.js'), external: true },
          ),
      },
    ],
  });
}

function run(copy: string, flags: readonly string[], rounds: number, env = {}): Rounds {
  const args = [...flags, join(copy, 'child.js'), `${rounds}`];
  const options = { env: { ...process.env, NODE_OPTIONS: '', ...env }, maxBuffer: 2 ** 26 };
  return JSON.parse(execFileSync(process.execPath, args, options).toString());
}

type Rounds = readonly Readonly<Record<string, readonly number[]>>[];

function mostFrequent(walks: readonly (readonly number[])[]): readonly number[] {
  const texts = walks.map((each) => each.join());
  const often = (text: string): number => texts.filter((other) => other === text).length;
  const best = texts.toSorted((a, b) => often(b) - often(a))[0]!;
  return walks[texts.indexOf(best)]!;
}

function print(walks: ReadonlyMap<string, Walk>): void {
  const head = ['', 'calls', 'files', 'stays', 'returns'];
  const rows = [...walks].flatMap(([journey, { total, withoutWire }]) => [
    [journey, ...Object.values(total)],
    ['  without wire/', ...Object.values(withoutWire)],
  ]);
  for (const [name, ...figures] of [head, ...rows]) {
    console.log(`${name}`.padEnd(28) + figures.map((figure) => `${figure}`.padStart(9)).join(''));
  }
  if (!values.trace) return;
  for (const [journey, { stays }] of walks) {
    console.log(`\n${journey}\n`);
    for (const [index, { file, functions }] of stays.entries()) {
      const names = functions.map((name) => (name === '' ? '=>' : name)).join(', ');
      console.log(`${`${index + 1}`.padStart(4)}  ${file.padEnd(34)} ${names}`);
    }
  }
}

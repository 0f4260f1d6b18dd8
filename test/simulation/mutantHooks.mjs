import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync } from 'esbuild';

/** Replaces text of one module while it is loaded, and fails where the text is not there. */
let mutants = [];

export function initialize(given) {
  mutants = given;
}

export async function load(url, context, next) {
  const own = mutants.filter(({ file }) => url.endsWith(`/${file}`));
  if (own.length === 0) return next(url, context);
  let source = readFileSync(fileURLToPath(url), 'utf8');
  for (const { file, from, to } of own) {
    if (source.split(from).length !== 2) throw new Error(`${file} does not have, once: ${from}`);
    source = source.replace(from, () => to);
  }
  const { code } = transformSync(source, { loader: 'ts', format: 'esm', target: 'node20' });
  return { format: 'module', source: code, shortCircuit: true };
}

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Where the compiled copy lives while a run lasts: beneath node_modules, so that bare imports
 * resolve from it, and apart from the copy of any other run.
 */
export const buildDir = join(root, 'node_modules', '.cache', `mcp-actors-bench-${process.pid}`);

/**
 * Compiles the library and the bench's children as they are now.
 *
 * @param child which of them, by its path here
 * @returns its entry
 */
export function build(child: 'child/main' | 'sleep/child/main'): string {
  process.once('exit', () => rmSync(buildDir, { recursive: true, force: true }));
  mkdirSync(buildDir, { recursive: true });
  // Node stops looking for a package.json at node_modules, so the copy needs its own.
  writeFileSync(join(buildDir, 'package.json'), '{ "type": "module" }\n');
  const tsc = join(
    dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin',
    'tsc',
  );
  const entry = join(buildDir, 'bench', `${child}.js`);
  try {
    execFileSync(process.execPath, [tsc, '-p', join(root, 'bench'), '--outDir', buildDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    });
  } catch (error) {
    // Type errors do not stop the emit, and a measurement of work in progress is still one.
    if (!existsSync(entry)) throw error;
    console.error((error as { stdout: string }).stdout);
  }
  return entry;
}

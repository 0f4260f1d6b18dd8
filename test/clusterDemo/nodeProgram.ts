import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Here its packages are found. */
const CACHE = join(ROOT, 'node_modules/.cache');

/** A program as one file, because many are started, one after the other. */
export class NodeProgram {
  readonly file: string;
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.file = join(folder, 'main.mjs');
  }

  /** @param source of the program, in this repository */
  static async make(source = 'examples/cluster/main.ts'): Promise<NodeProgram> {
    mkdirSync(CACHE, { recursive: true });
    const program = new NodeProgram(mkdtempSync(join(CACHE, 'cluster-')));
    await build({
      entryPoints: [join(ROOT, source)],
      outfile: program.file,
      tsconfig: join(ROOT, 'tsconfig.json'),
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format: 'esm',
    });
    return program;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Program } from './program.ts';

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly stderr: string;
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Here its packages are found. */
const CACHE = 'node_modules/.cache';

/** A program of the tests as one file: it starts in a fraction of the time, many of them at once. */
export class BundledChild {
  /** Where the file is, alone. */
  readonly folder: string;
  /** The path of the file from the root of the project. */
  readonly file: string;

  private constructor(name: string) {
    this.folder = join(ROOT, CACHE, name);
    this.file = join(CACHE, name, 'child.mjs');
  }

  static async of(program: URL): Promise<BundledChild> {
    mkdirSync(join(ROOT, CACHE), { recursive: true });
    const child = new BundledChild(basename(mkdtempSync(join(ROOT, CACHE, 'child-'))));
    await build({
      entryPoints: [fileURLToPath(program)],
      outfile: join(ROOT, child.file),
      tsconfig: join(ROOT, 'tsconfig.json'),
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format: 'esm',
    });
    return child;
  }

  run(args: readonly string[], flags: readonly string[] = []): Promise<Ended> {
    return runNode([...flags, join(ROOT, this.file), ...args]);
  }

  /** Starts the program; the test ends it where it does not end by itself. */
  start(args: readonly string[]): Program {
    return new Program(this.file, args, { NODE_OPTIONS: '' }, [process.execPath]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}

/** Runs node to its end, without what the test runner has told it. */
export function runNode(command: readonly string[]): Promise<Ended> {
  const options = { timeout: 60_000, env: { ...process.env, NODE_OPTIONS: '' } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, lines: stdout.trim().split('\n'), stderr });
    });
  });
}

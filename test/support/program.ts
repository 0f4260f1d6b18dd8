import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { childrenOf, nameOf } from './processes.ts';

const ROOT = join(import.meta.dirname, '../..');
const NODE = [process.execPath, '--import', 'tsx'] as const;

/** A run of a TypeScript program from its sources, ended with the test. */
export class Program {
  readonly process: ChildProcess;
  /** With the exit code, or the signal it ended of, when all it has written is read. */
  readonly ended: Promise<number | string>;
  stdout = '';
  stderr = '';

  /**
   * @param file its path from the root of the project
   * @param command what runs it
   */
  constructor(
    file: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    [command, ...options]: readonly [string, ...string[]] = NODE,
  ) {
    const child = spawn(command, [...options, join(ROOT, file), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.process = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
    onTestFinished(() => void child.kill('SIGKILL'));
  }

  get pid(): number {
    return this.process.pid!;
  }

  /** Its running children. The compiler that reads our sources for it is none of its own. */
  get children(): number[] {
    return childrenOf(this.pid).filter((pid) => nameOf(pid) !== 'esbuild');
  }

  /** Waits until something is written. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
      if (found !== null) return found;
      const more = [this.process.stdout, this.process.stderr].map((stream) =>
        once(stream!, 'data'),
      );
      const ended = this.ended.then((how) => {
        throw new Error(`ended with ${how}: ${this.stdout}${this.stderr}`);
      });
      await Promise.race([...more, ended]);
    }
  }

  /** The address it serves, once it does. */
  async url(): Promise<string> {
    return (await this.says(/http:\S+/))[0];
  }
}

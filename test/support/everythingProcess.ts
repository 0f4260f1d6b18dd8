import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { everythingBundle } from './everythingBundle.ts';

const root = join(import.meta.dirname, '../..');

/** The everything example in a process of its own, on a port that the next one can take over. */
export class EverythingProcess {
  readonly url: string;
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.#ended = once(child, 'exit');
    this.url = url;
    this.port = Number(new URL(url).port);
  }

  /**
   * @param port 0 takes a free one
   * @param program another way to serve it, which takes `PORT` and says where it listens; from its
   * sources
   */
  static async start(
    port: number,
    args: readonly string[],
    program?: string,
  ): Promise<EverythingProcess> {
    const run = program === undefined ? [await everythingBundle()] : ['--import', 'tsx', program];
    const child = spawn(process.execPath, [...run, ...args], {
      cwd: root,
      env: { ...process.env, PORT: String(port), NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
        const found = /listens at (\S+)\n/.exec(said)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', () => reject(new Error(`it ended: ${said}`)));
    });
    return new EverythingProcess(child, url);
  }

  /** Ends it, and waits until it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
  }
}

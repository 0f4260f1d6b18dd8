import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from './freePort.ts';

export interface NodeProcessOptions {
  /** The program, as one file. */
  readonly file: string;
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
  /** Told of each line that the process writes. */
  readonly said?: (line: string) => void;
}

/** One process of the cluster, on a port that it keeps when it is started again. */
export class NodeProcess {
  readonly name: string;
  readonly port: number;
  readonly #options: NodeProcessOptions;
  #child: ChildProcess | null = null;

  private constructor(options: NodeProcessOptions, port: number) {
    this.#options = options;
    this.name = options.name;
    this.port = port;
  }

  static async start(options: NodeProcessOptions): Promise<NodeProcess> {
    const node = new NodeProcess(options, await freePort());
    await node.start();
    return node;
  }

  /** Starts the process; resolves when it serves. */
  async start(): Promise<void> {
    const { env, file, name } = this.#options;
    const child = spawn(process.execPath, ['--enable-source-maps', file], {
      env: { ...process.env, ...env, NODE_NAME: name, PORT: String(this.port), NODE_OPTIONS: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let last = '';
      const read = (text: string): void => {
        const lines = (last + text).split('\n');
        last = lines.pop() ?? '';
        for (const line of lines) {
          this.#options.said?.(line);
          if (line.startsWith('Listening')) resolve();
        }
      };
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', read);
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        this.#options.said?.(`ended: ${code ?? signal}`);
        reject(new Error(`${name} ended: ${code ?? signal}`));
      });
    });
  }

  get isRunning(): boolean {
    const child = this.#child;
    return child !== null && child.exitCode === null && child.signalCode === null;
  }

  /** Ends the process, and waits until it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    if (!this.isRunning) return;
    const ended = once(this.#child!, 'exit');
    this.#child!.kill(signal);
    await ended;
  }

  /** Stops the process in the middle of whatever it does. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Ends the process in this turn: for a program that is about to exit. */
  abandon(): void {
    this.#child?.kill('SIGKILL');
  }
}

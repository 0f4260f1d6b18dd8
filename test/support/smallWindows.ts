import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

interface Result {
  readonly n: number;
  readonly text?: string;
  readonly error?: string;
}

/** A socket that takes no more than it is asked to read, and a few kilobytes. */
export class SmallWindow {
  readonly #windows: SmallWindows;
  readonly #socket: number;

  constructor(windows: SmallWindows, socket: number) {
    this.#windows = windows;
    this.#socket = socket;
  }

  async send(text: string): Promise<void> {
    await this.#windows.command('send', this.#socket, { text });
  }

  /** Reads some bytes, at most so many, as latin-1; '' where the peer is done or gone. */
  async read(bytes: number): Promise<string> {
    const { text = '' } = await this.#windows.command('read', this.#socket, { bytes });
    return text;
  }

  async close(): Promise<void> {
    await this.#windows.command('close', this.#socket);
  }
}

/**
 * Sockets with the smallest window a kernel gives, in a process of Python: node can not make them.
 * See `smallWindows.py`.
 */
export class SmallWindows {
  /** Python is there. Windows and macOS have other names for what is set, and other windows. */
  static readonly areThere =
    process.platform === 'linux' && spawnSync('python3', ['--version']).status === 0;
  /** More than the kernel takes for a client that reads nothing: about 40 KB. */
  static readonly SWALLOWED = 256 * 1024;

  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (result: Result) => void>();
  #count = 0;
  #sockets = 0;

  constructor() {
    const script = fileURLToPath(new URL('smallWindows.py', import.meta.url));
    this.#child = spawn('python3', [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      const result = JSON.parse(line) as Result;
      this.#waiting.get(result.n)?.(result);
      this.#waiting.delete(result.n);
    });
    this.#child.once('exit', () => {
      for (const [n, resolve] of this.#waiting) resolve({ n, error: 'the helper is gone' });
    });
  }

  async connect(port: number): Promise<SmallWindow> {
    const socket = ++this.#sockets;
    await this.command('connect', socket, { port });
    return new SmallWindow(this, socket);
  }

  command(verb: string, socket: number, more: Record<string, unknown> = {}): Promise<Result> {
    const n = ++this.#count;
    this.#child.stdin!.write(`${JSON.stringify({ n, do: verb, socket, ...more })}\n`);
    return new Promise((resolve) => this.#waiting.set(n, resolve));
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }
}

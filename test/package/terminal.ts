import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Longest wait for a line: an installation may take long. */
const WITHIN_MS = 120_000;
const NUMBER = /^\d+$/;

/** A shell that is typed into, and all that it and its children say. */
export class Terminal {
  readonly #shell: ChildProcess;
  readonly #ended: Promise<never>;
  #said = '';
  /** How many lines were read. */
  #read = 0;
  #heard = (): void => {};

  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    // The first command that fails ends the shell. A group of its own ends with all its children.
    this.#shell = spawn('bash', ['-e'], { cwd, env, detached: true, stdio: 'pipe' });
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
        this.#heard();
      });
    }
    this.#ended = once(this.#shell, 'close').then(([code, signal]) => {
      throw new Error(`the shell ended, ${String(code ?? signal)}: ${this.#said}`);
    });
    this.#ended.catch(() => {});
  }

  get said(): string {
    return this.#said;
  }

  types(text: string): void {
    this.#shell.stdin?.write(`${text.trimEnd()}\n`);
  }

  /** Types commands and waits until the shell has taken the next one. */
  async runs(text: string): Promise<void> {
    this.types(text);
    this.types("echo '# done'");
    await this.says('# done');
  }

  /** Waits until these lines were said, in this order; where a line is a number, any number is. */
  async says(text: string): Promise<void> {
    for (const wanted of text.trimEnd().split('\n')) await this.#saysLine(wanted);
  }

  /** Ends the shell and whatever it has started. */
  close(): void {
    try {
      if (this.#shell.pid !== undefined) process.kill(-this.#shell.pid, 'SIGKILL');
    } catch {
      // Nothing of it runs any more.
    }
  }

  async #saysLine(wanted: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = (): void => reject(new Error(`no "${wanted}" in: ${this.#said}`));
      timer = setTimeout(fail, WITHIN_MS);
    });
    try {
      while (!this.#takes(wanted)) {
        const heard = new Promise<void>((resolve) => (this.#heard = resolve));
        await Promise.race([heard, this.#ended, late]);
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads on up to a line. @returns whether there is one */
  #takes(wanted: string): boolean {
    // What follows the last end of a line is not yet a line.
    const lines = this.#said.split('\n').slice(0, -1);
    const isWanted = (line: string): boolean =>
      NUMBER.test(wanted) ? NUMBER.test(line) : line === wanted;
    const index = lines.findIndex((line, i) => i >= this.#read && isWanted(line));
    if (index === -1) return false;
    this.#read = index + 1;
    return true;
  }
}

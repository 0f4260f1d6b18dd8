import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** One thing a child process may be asked, and what comes back. */
export interface Asked {
  readonly ask: readonly unknown[];
  readonly answer: unknown;
}

export interface Question {
  readonly seq: number;
  readonly kind: string;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly ready: number }
  | { readonly seq: number; readonly answer: unknown }
  | { readonly seq: number; readonly error: string };

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** A child process that answers questions, and its parent's line to it. */
export class ChildLine<Q extends Record<keyof Q, Asked>> implements AsyncDisposable {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #seq = 0;
  /** What the child said when it was ready. */
  ready = 0;

  private constructor(name: string, process: ChildProcess) {
    this.#name = name;
    this.#process = process;
  }

  /** @param args of node itself, the entry, and the entry's own */
  static async start<Q extends Record<keyof Q, Asked>>(
    name: string,
    args: readonly string[],
  ): Promise<ChildLine<Q>> {
    // Plain node on compiled files: a TypeScript loader wraps functions and would be measured too.
    const child = spawn(process.execPath, ['--expose-gc', ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const line = new ChildLine<Q>(name, child);
    await new Promise<void>((ready, failed) => {
      child.on('message', (reply: Reply) => {
        if ('ready' in reply) {
          line.ready = reply.ready;
          ready();
        } else line.#settle(reply);
      });
      child.on('exit', (code) => {
        const error = new Error(`The child "${name}" ended with code ${code}`);
        failed(error);
        for (const { reject } of line.#waiting.values()) reject(error);
        line.#waiting.clear();
      });
    });
    return line;
  }

  ask<K extends keyof Q & string>(kind: K, ...args: Q[K]['ask']): Promise<Q[K]['answer']> {
    const seq = ++this.#seq;
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { resolve, reject });
      const question: Question = { seq, kind, args };
      this.#process.send(question);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  #settle(reply: Exclude<Reply, { ready: number }>): void {
    const waiting = this.#waiting.get(reply.seq);
    this.#waiting.delete(reply.seq);
    if ('error' in reply) waiting?.reject(new Error(`${this.#name}: ${reply.error}`));
    else waiting?.resolve(reply.answer as never);
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import type { ServerName } from '../contenders/echo.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Kind, Question, Questions, Reply } from './questions.ts';

/** How children are started in this run. */
export interface Launch {
  readonly entry: string;
  readonly server: ServerName;
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** A contender in its own process, and the parent's line to it. */
export class ServerChild implements AsyncDisposable {
  readonly name: ContenderName;
  port = 0;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #seq = 0;

  private constructor(name: ContenderName, process: ChildProcess) {
    this.name = name;
    this.#process = process;
  }

  static async start(name: ContenderName, { entry, server: kind }: Launch): Promise<ServerChild> {
    // Plain node on compiled files: a TypeScript loader wraps functions and would be measured too.
    const child = spawn(process.execPath, ['--expose-gc', entry, name, kind], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const server = new ServerChild(name, child);
    await new Promise<void>((ready, failed) => {
      child.on('message', (reply: Reply) => {
        if ('ready' in reply) {
          server.port = reply.ready;
          ready();
        } else server.#settle(reply);
      });
      child.on('exit', (code) => {
        const error = new Error(`The server "${name}" ended with code ${code}`);
        failed(error);
        for (const { reject } of server.#waiting.values()) reject(error);
        server.#waiting.clear();
      });
    });
    return server;
  }

  ask<K extends Kind>(kind: K, ...args: Questions[K]['ask']): Promise<Questions[K]['answer']> {
    const seq = ++this.#seq;
    return new Promise((resolve, reject) => {
      this.#waiting.set(seq, { resolve, reject });
      const question: Question<K> = { seq, kind, args };
      this.#process.send(question);
    });
  }

  /** Waits until every session of the server has come to rest. */
  async quiet(limitMs = 60_000): Promise<void> {
    const until = Date.now() + limitMs;
    while ((await this.ask('busy')) > 0) {
      if (Date.now() > until) throw new Error(`The sessions of "${this.name}" stay busy`);
      await new Promise((later) => setTimeout(later, 100));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }

  #settle(reply: Exclude<Reply, { ready: number }>): void {
    const waiting = this.#waiting.get(reply.seq);
    this.#waiting.delete(reply.seq);
    if ('error' in reply) waiting?.reject(new Error(`${this.name}: ${reply.error}`));
    else waiting?.resolve(reply.answer as never);
  }
}

import type { ServerName } from '../contenders/echo.ts';
import type { ContenderName } from '../contenders/index.ts';
import { ChildLine } from './line.ts';
import type { Questions } from './questions.ts';

/** How children are started in this run. */
export interface Launch {
  readonly entry: string;
  readonly server: ServerName;
}

/** A contender in its own process, and the parent's line to it. */
export class ServerChild implements AsyncDisposable {
  readonly name: ContenderName;
  readonly #line: ChildLine<Questions>;

  private constructor(name: ContenderName, line: ChildLine<Questions>) {
    this.name = name;
    this.#line = line;
  }

  static async start(name: ContenderName, { entry, server }: Launch): Promise<ServerChild> {
    return new ServerChild(name, await ChildLine.start<Questions>(name, [entry, name, server]));
  }

  get port(): number {
    return this.#line.ready;
  }

  ask<K extends keyof Questions>(
    kind: K,
    ...args: Questions[K]['ask']
  ): Promise<Questions[K]['answer']> {
    return this.#line.ask(kind, ...args);
  }

  /** Waits until every session of the server has come to rest. */
  async quiet(limitMs = 60_000): Promise<void> {
    const until = Date.now() + limitMs;
    while ((await this.ask('busy')) > 0) {
      if (Date.now() > until) throw new Error(`The sessions of "${this.name}" stay busy`);
      await new Promise((later) => setTimeout(later, 100));
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#line[Symbol.asyncDispose]();
  }
}

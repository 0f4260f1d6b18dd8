import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import type { Setting } from '../contenders/setting.ts';
import type { ContenderName } from '../contenders/index.ts';
import { ChildLine } from './line.ts';
import type { Questions } from './questions.ts';

/** How children are started in this run: each has a folder of its own in that of the run. */
export interface Launch extends Setting {
  readonly entry: string;
}

/** A contender in its own process, and the parent's line to it. */
export class ServerChild implements AsyncDisposable {
  readonly name: ContenderName;
  readonly #line: ChildLine<Questions>;
  readonly #data: string;

  private constructor(name: ContenderName, line: ChildLine<Questions>, data: string) {
    this.name = name;
    this.#line = line;
    this.#data = data;
  }

  static async start(
    name: ContenderName,
    { entry, data: folder, ...shared }: Launch,
  ): Promise<ServerChild> {
    const data = mkdtempSync(join(folder, `${name}-`));
    const setting: Setting = { ...shared, data };
    const line = await ChildLine.start<Questions>(name, [entry, name, JSON.stringify(setting)]);
    return new ServerChild(name, line, data);
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#line[Symbol.asyncDispose]();
    rmSync(this.#data, { recursive: true, force: true });
  }
}

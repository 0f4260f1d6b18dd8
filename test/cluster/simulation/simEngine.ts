import { ActorsError } from '../../../src/base/errors.ts';
import type {
  Beat,
  Engine,
  Incarnation,
  ListQuery,
  Owned,
  SessionWrite,
  Space,
} from '../../../src/cluster/engine.ts';
import type { EngineMemory } from '../../../src/cluster/memory/engineMemory.ts';
import type { EngineServer } from './engineServer.ts';
import { Line, type LineHost } from './line.ts';

/** What a way to the engine needs of its process. */
export interface SimEngineHost extends LineHost {
  readonly server: EngineServer;
  did(what: string): void;
}

/**
 * The way of one process to the engine: a connection that answers in order, breaks with all that is
 * under way, and is made again.
 */
export class SimEngine implements Engine {
  readonly line: Line;
  readonly #host: SimEngineHost;
  readonly #listeners: (() => void)[] = [];
  /** Which server the last beat came from. */
  #server: string | undefined;

  constructor(host: SimEngineHost) {
    this.#host = host;
    this.line = new Line(host, 'engine', { made: () => this.#tell() });
  }

  async join(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#beat((memory) => memory.join(as, leaseMs, about));
  }

  async renew(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#beat((memory) => memory.renew(as, leaseMs, about));
  }

  async leave(as: Incarnation): Promise<void> {
    await this.#ask((memory) => memory.leave(as));
  }

  async leftMs(of: Incarnation): Promise<number> {
    return this.#ask((memory) => memory.leftMs(of));
  }

  async members() {
    return this.#ask((memory) => memory.members());
  }

  space(name: string | undefined): Space {
    if (name !== undefined) throw new Error('sessions only');
    const ask = this.#ask.bind(this);
    return {
      look: (print) => ask((memory) => memory.space(name).look(print)),
      claim: (print: string, by: Incarnation, floor: number) =>
        this.#change(`claim ${print}`, (memory) => memory.space(name).claim(print, by, floor)),
      write: (by: Incarnation, batch: readonly SessionWrite[]) =>
        this.#change(`write ${textOf(batch)}`, () => this.#host.server.write(by, batch)),
      release: (by: Incarnation, { print, token, revision }: Owned) => {
        const owned = { print, token, revision };
        const what = `release ${print} ${token}.${revision}`;
        return this.#change(what, (memory) => memory.space(name).release(by, owned));
      },
      acquit: (by: Incarnation, { print, token, revision }: Owned) =>
        this.#change(`acquit ${print} ${token}`, (memory) =>
          memory.space(name).acquit(by, { print, token, revision }),
        ),
      reassert: (by: Incarnation, owned: readonly Owned[]) => {
        const sent = owned.map(({ print, token, revision }) => ({ print, token, revision }));
        const what = `reassert ${sent.map((each) => `${each.print} ${each.token}.${each.revision}`).join()}`;
        return this.#change(what, (memory) => memory.space(name).reassert(by, sent));
      },
      read: (print) => ask((memory) => memory.space(name).read(print)),
      page: (query: ListQuery) => ask((memory) => memory.space(name).page(query)),
      due: (now: number, limit: number) => ask((memory) => memory.space(name).due(now, limit)),
      count: (principal?: string) => ask((memory) => memory.space(name).count(principal)),
    };
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.line.close();
  }

  async #beat(question: (memory: EngineMemory) => Beat): Promise<Beat> {
    const beat = await this.#ask(question);
    const isAnother = this.#server !== undefined && this.#server !== beat.server;
    this.#server = beat.server;
    if (isAnother) this.#tell();
    return beat;
  }

  /** Asks for what is refused where another server answers than the one that is meant. */
  #change<T>(what: string, change: (memory: EngineMemory) => T): Promise<T> {
    const meant = this.#server;
    return this.#ask((memory) => {
      if (memory.server !== meant) throw unavailable('Another server answers');
      const answer = change(memory);
      this.#host.did(`${this.#host.name} ${what}: ${saidOf(answer)}`);
      return answer;
    });
  }

  #ask<T>(question: (memory: EngineMemory) => T): Promise<T> {
    return this.line.ask(() => question(this.#host.server.memory));
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function unavailable(message: string): ActorsError {
  return new ActorsError('store-unavailable', message);
}

function textOf(batch: readonly SessionWrite[]): string {
  return batch
    .map(({ print, right, changes }) => {
      const by = right.by === 'all' ? 'all' : `${right.by} ${right.token}.${right.revision}`;
      return `${print} by ${by} ${changes.map(({ type }) => type).join('+')}`;
    })
    .join();
}

function saidOf(answer: unknown): string {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return String(answer);
  const { is, owner = '', token = '' } = answer as Record<string, string | number>;
  return `${is} ${owner} ${token}`;
}

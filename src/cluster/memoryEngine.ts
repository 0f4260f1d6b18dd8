import type { Clock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import type { Beat, Engine, Incarnation, ListQuery, Owned, SessionWrite, Space } from './engine.ts';
import { EngineMemory } from './memory/engineMemory.ts';
import type { MemorySpace } from './memory/memorySpace.ts';

/** A memory in which the nodes of one process agree. */
export interface MemoryEngine {
  /** The way of one node to the memory. */
  connect(): Engine;
}

/** Makes a memory for the nodes of one process: for a cluster without an engine, and for tests. */
export function memoryEngine({ clock }: { readonly clock: Pick<Clock, 'now'> }): MemoryEngine {
  // Nothing was forgotten: no grace.
  const memory = new EngineMemory(clock, 'memory', 0);
  return { connect: () => new MemoryConnection({ memory }) };
}

export interface MemoryConnectionHost {
  /** What answers now. */
  readonly memory: EngineMemory;
}

/** The way of one node to a memory. Answers come in a later microtask. */
export class MemoryConnection implements Engine {
  readonly #host: MemoryConnectionHost;
  readonly #listeners: (() => void)[] = [];
  /** Which memory the last beat came from. */
  #server: string | undefined;
  #isClosed = false;

  constructor(host: MemoryConnectionHost) {
    this.#host = host;
  }

  async join(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#heard(await this.#ask((memory) => memory.join(as, leaseMs, about)));
  }

  async renew(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    return this.#heard(await this.#ask((memory) => memory.renew(as, leaseMs, about)));
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
    return new ConnectedSpace({
      ask: (question) => this.#ask((memory) => question(memory.space(name))),
      change: (change) => {
        const meant = this.#server;
        return this.#ask((memory) => {
          if (memory.server !== meant) throw another();
          return change(memory.space(name));
        });
      },
    });
  }

  onReconnect(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  async #ask<T>(question: (memory: EngineMemory) => T): Promise<T> {
    await Promise.resolve();
    if (this.#isClosed) throw new ActorsError('store-unavailable', 'The engine is closed');
    return question(this.#host.memory);
  }

  #heard(beat: Beat): Beat {
    const isAnother = this.#server !== undefined && this.#server !== beat.server;
    this.#server = beat.server;
    if (isAnother) for (const listener of this.#listeners) listener();
    return beat;
  }
}

interface ConnectedSpaceHost {
  ask<T>(question: (space: MemorySpace) => T): Promise<T>;
  /** Asks for what is refused where another memory answers than the one that is meant. */
  change<T>(change: (space: MemorySpace) => T): Promise<T>;
}

class ConnectedSpace implements Space {
  readonly #host: ConnectedSpaceHost;

  constructor(host: ConnectedSpaceHost) {
    this.#host = host;
  }

  async look(print: string) {
    return this.#host.ask((space) => space.look(print));
  }

  async claim(print: string, by: Incarnation, floor: number) {
    return this.#host.change((space) => space.claim(print, by, floor));
  }

  async write(by: Incarnation, batch: readonly SessionWrite[]) {
    return this.#host.change((space) => space.write(by, batch));
  }

  async release(by: Incarnation, owned: Owned) {
    return this.#host.change((space) => space.release(by, owned));
  }

  async acquit(by: Incarnation, owned: Owned) {
    return this.#host.change((space) => space.acquit(by, owned));
  }

  async reassert(by: Incarnation, owned: readonly Owned[]) {
    return this.#host.change((space) => space.reassert(by, owned));
  }

  async read(print: string) {
    return this.#host.ask((space) => space.read(print));
  }

  async page(query: ListQuery) {
    return this.#host.ask((space) => space.page(query));
  }

  async due(now: number, limit: number) {
    return this.#host.ask((space) => space.due(now, limit));
  }

  async count(principal?: string) {
    return this.#host.ask((space) => space.count(principal));
  }
}

function another(): ActorsError {
  const message = 'Another memory answers than the one that the last beat came from';
  return new ActorsError('store-unavailable', message);
}

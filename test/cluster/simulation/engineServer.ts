import type { Incarnation, SessionWrite, Written } from '../../../src/cluster/engine.ts';
import { EngineMemory } from '../../../src/cluster/memory/engineMemory.ts';
import type { Scheduler } from '../../simulation/scheduler.ts';

/** How far back a replica may be, in milliseconds. */
const LAG_MS = 800;

interface Snapshot {
  readonly at: number;
  readonly memory: EngineMemory;
}

/** What the server of the engine needs of its history. */
export interface EngineServerHost {
  readonly scheduler: Scheduler;
  /** A write was made by a node which is not the owner. */
  stale(by: Incarnation, print: string, owner: Incarnation): void;
  /** The engine knows less than before. */
  forgot(before: EngineMemory, after: EngineMemory): void;
}

/** The server that the nodes agree by: it is restarted, followed by an older one, and forgets. */
export class EngineServer {
  readonly #host: EngineServerHost;
  #servers = 0;
  #memory: EngineMemory;
  #snapshots: Snapshot[] = [];
  isUp = true;

  constructor(host: EngineServerHost) {
    this.#host = host;
    this.#memory = this.#empty();
  }

  get memory(): EngineMemory {
    return this.#memory;
  }

  /** Makes a batch of writes, and looks at each that is accepted. */
  write(by: Incarnation, batch: readonly SessionWrite[]): readonly Written[] {
    const space = this.#memory.space(undefined);
    const owners = batch.map(({ print }) => space.look(print));
    const written = space.write(by, batch);
    owners.forEach((looked, i) => {
      const { print, right } = batch[i]!;
      if (looked.is !== 'owned' || looked.owner === by || written[i] !== 'done') return;
      // What the engine has already is not changed.
      if (right.by === 'claim' && space.look(print).is === 'owned') {
        this.#host.stale(by, print, looked.owner);
      }
    });
    return written;
  }

  /** Has a replica take what is known by now. */
  replicate(): void {
    const now = this.#host.scheduler.clock.now();
    this.#snapshots.push({ at: now, memory: this.#memory.copy('replica') });
    while (this.#snapshots[1] !== undefined && this.#snapshots[1].at < now - LAG_MS) {
      this.#snapshots.shift();
    }
  }

  /** A replica takes the place of the server. @param lagMs how far it is behind */
  failOver(lagMs: number): void {
    const from = this.#host.scheduler.clock.now() - lagMs;
    const found = this.#snapshots.findLast(({ at }) => at <= from) ?? this.#snapshots[0];
    if (found !== undefined) this.#become(found.memory.copy(this.#name()));
  }

  /** Everything is forgotten. */
  wipe(): void {
    this.#snapshots = [];
    this.#become(this.#empty());
  }

  #become(memory: EngineMemory): void {
    const before = this.#memory;
    this.#memory = memory;
    this.#host.forgot(before, memory);
  }

  #empty(): EngineMemory {
    const { scheduler } = this.#host;
    return new EngineMemory({ now: () => Math.trunc(scheduler.clock.now()) }, this.#name());
  }

  #name(): string {
    return `server ${++this.#servers}`;
  }
}

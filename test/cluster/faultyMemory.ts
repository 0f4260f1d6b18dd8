import type { Clock } from '../../src/base/clock.ts';
import type { Engine } from '../../src/cluster/engine.ts';
import { EngineMemory } from '../../src/cluster/memory/engineMemory.ts';
import { MemoryConnection } from '../../src/cluster/memoryEngine.ts';

/** A memory of nodes that is set back, forgets, and has a clock that is wrong. */
export class FaultyMemory {
  /** How much the clock of the memory is ahead, in milliseconds. */
  aheadMs = 0;
  readonly #clock: Pick<Clock, 'now'>;
  #servers = 0;
  #memory: EngineMemory;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = { now: () => clock.now() + this.aheadMs };
    this.#memory = this.#empty();
  }

  get memory(): EngineMemory {
    return this.#memory;
  }

  connect(): Engine {
    return new MemoryConnection(this);
  }

  /** What is known now, for `failOver`. */
  snapshot(): EngineMemory {
    return this.#memory.copy('snapshot');
  }

  /** Another server goes on with what was known. */
  failOver(to: EngineMemory): void {
    this.#memory = to.copy(this.#name());
  }

  /** Everything is forgotten, by another server or by the same one. */
  wipe({ isSame = false } = {}): void {
    this.#memory = isSame ? new EngineMemory(this.#clock, this.#memory.server) : this.#empty();
  }

  #empty(): EngineMemory {
    return new EngineMemory(this.#clock, this.#name());
  }

  #name(): string {
    return `server ${++this.#servers}`;
  }
}

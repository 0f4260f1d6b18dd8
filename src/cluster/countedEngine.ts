import type { Engine, Incarnation, Space } from './engine.ts';
import type { Tallies } from './tallies.ts';

export interface CountedEngineHost {
  readonly engine: Engine;
  readonly tallies: Pick<Tallies, 'failed' | 'reconnects' | 'roundTrips'>;
  /** A clock for short times, in milliseconds and parts of them. */
  readonly fine: () => number;
}

/** An engine whose answers are counted, with the time that each took. Callers wait no turn longer. */
export class CountedEngine implements Engine {
  readonly #host: CountedEngineHost;

  constructor(host: CountedEngineHost) {
    this.#host = host;
  }

  join(as: Incarnation, leaseMs: number, about: Buffer) {
    return this.#count(this.#host.engine.join(as, leaseMs, about));
  }

  renew(as: Incarnation, leaseMs: number, about: Buffer) {
    return this.#count(this.#host.engine.renew(as, leaseMs, about));
  }

  leave(as: Incarnation) {
    return this.#count(this.#host.engine.leave(as));
  }

  leftMs(of: Incarnation) {
    return this.#count(this.#host.engine.leftMs(of));
  }

  members() {
    return this.#count(this.#host.engine.members());
  }

  space(name: string | undefined): Space {
    const space = this.#host.engine.space(name);
    const count: Count = (answer) => this.#count(answer);
    return {
      look: (print) => count(space.look(print)),
      claim: (print, by, floor) => count(space.claim(print, by, floor)),
      write: (by, batch) => count(space.write(by, batch)),
      release: (by, owned) => count(space.release(by, owned)),
      acquit: (by, owned) => count(space.acquit(by, owned)),
      reassert: (by, owned) => count(space.reassert(by, owned)),
      read: (print) => count(space.read(print)),
      page: (query) => count(space.page(query)),
      due: (now, limit) => count(space.due(now, limit)),
      count: (principal) => count(space.count(principal)),
    };
  }

  onReconnect(listener: () => void): void {
    this.#host.engine.onReconnect(() => {
      this.#host.tallies.reconnects++;
      listener();
    });
  }

  close(): Promise<void> {
    return this.#host.engine.close();
  }

  #count<T>(answer: Promise<T>): Promise<T> {
    void this.#measure(answer);
    return answer;
  }

  async #measure(answer: Promise<unknown>): Promise<void> {
    const { fine, tallies } = this.#host;
    const began = fine();
    try {
      await answer;
      tallies.roundTrips.add(fine() - began);
    } catch {
      tallies.failed++;
    }
  }
}

type Count = <T>(answer: Promise<T>) => Promise<T>;

import { createRuntime, type Runtime, type RuntimeOptions, type Session } from 'mcp-actors';
import { onTestFinished } from 'vitest';
import type { AnyActorLogic } from 'xstate';
import type { MachineOptions } from '../../src/machine/options.ts';
import type { RuntimeEventName, RuntimeEvents } from '../../src/events/events.ts';
import { drawn } from './drawn.ts';
import { turn } from './eventually.ts';
import { FakeServer } from './fakeServer.ts';
import { MINUTE } from './sleep.ts';
import { VirtualClock } from './virtualClock.ts';
import { WireClient } from './wireClient.ts';

type Options<M> = Partial<RuntimeOptions<undefined, M>> & {
  /** What the factory does beside making the server. */
  readonly setUp?: (session: Session<undefined, M>) => void;
};

/** A runtime whose sessions have a machine, with fake servers on a virtual clock. */
export class MachineWorld<M extends AnyActorLogic> {
  readonly clock: VirtualClock;
  readonly runtime: Runtime<undefined, M>;
  /** Of each server that was made, its session. */
  readonly sessions: Session<undefined, M>[] = [];

  constructor(machine: M | MachineOptions<M>, given: Options<M> = {}) {
    const { setUp, clock = new VirtualClock(), ...options } = given;
    this.clock = clock as VirtualClock;
    const all: RuntimeOptions<undefined, M> = {
      machine,
      clock,
      random: drawn,
      report: false,
      principal: (_, { headers }) => headers['x-user'] as string | undefined,
      server: (session) => {
        this.sessions.push(session);
        setUp?.(session);
        return new FakeServer();
      },
      ...options,
    };
    this.runtime = createRuntime<undefined, M>(all as never);
    onTestFinished(() => this.close());
  }

  /** A client whose handshake is complete, with its session. */
  async open(user?: string): Promise<{ client: WireClient; session: Session<undefined, M> }> {
    const headers = user === undefined ? {} : { headers: { 'x-user': user } };
    const client = await WireClient.open(this.runtime, headers);
    return { client, session: this.session };
  }

  /** The session whose server was made last. */
  get session(): Session<undefined, M> {
    return this.sessions.at(-1)!;
  }

  record<N extends RuntimeEventName>(name: N): RuntimeEvents[N][] {
    const events: RuntimeEvents[N][] = [];
    this.runtime.on(name, (event) => events.push(event));
    return events;
  }

  async settle(ms = 0): Promise<void> {
    for (let i = 0; i < 12; i++) await turn();
    await this.clock.elapse(ms);
    for (let i = 0; i < 12; i++) await turn();
  }

  /** Lets every session that can fall asleep. */
  async sleep(): Promise<void> {
    await this.settle(2000);
    await this.settle(5 * MINUTE);
    await this.settle(2000);
  }

  async close(): Promise<void> {
    const closed = this.runtime.close();
    await this.settle(20_000);
    await closed;
  }
}

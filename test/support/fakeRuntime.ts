import { createRuntime, type Runtime, type RuntimeEvents, type RuntimeOptions } from 'mcp-actors';
import type { RuntimeEventName } from '../../src/events/events.ts';
import { FakeServer, type Hook } from './fakeServer.ts';
import { drawn } from './drawn.ts';
import { VirtualClock } from './virtualClock.ts';
import { WireClient, type WireClientOptions } from './wireClient.ts';

type Options = Partial<RuntimeOptions<unknown>> & {
  readonly hook?: Hook;
  /** What its clock says at first. */
  readonly startsAt?: number;
};

/** A runtime of fake servers on a virtual clock, and everything it made. */
export class FakeRuntime {
  readonly clock: VirtualClock;
  readonly runtime: Runtime;
  /** In order of making. */
  readonly servers: FakeServer[] = [];

  /** Principals are what `x-user` says. */
  constructor({ hook, startsAt, ...options }: Options = {}) {
    this.clock = new VirtualClock(startsAt);
    this.runtime = createRuntime<unknown>({
      clock: this.clock,
      random: drawn,
      principal: (_, { headers }) => headers['x-user'] as string | undefined,
      server: () => this.serve(hook),
      ...options,
    });
  }

  /** For a factory of the test's own. */
  serve(hook?: Hook): FakeServer {
    const server = new FakeServer(hook);
    this.servers.push(server);
    return server;
  }

  /** The server made last. */
  get server(): FakeServer {
    const server = this.servers.at(-1);
    if (server === undefined) throw new Error('no server was made');
    return server;
  }

  /** A client whose handshake is complete. */
  open(user?: string, options: WireClientOptions = {}): Promise<WireClient> {
    const headers = user === undefined ? {} : { headers: { 'x-user': user } };
    return WireClient.open(this.runtime, { ...headers, ...options });
  }

  /** Everything announced under a name from here on. */
  record<N extends RuntimeEventName>(name: N): RuntimeEvents[N][] {
    const events: RuntimeEvents[N][] = [];
    this.runtime.on(name, (event) => events.push(event));
    return events;
  }

  /** Lets a session that nobody uses become idle. */
  async quiet(): Promise<void> {
    await this.clock.elapse(2000);
  }
}

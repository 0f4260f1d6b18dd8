import { createRuntime, type Runtime, type RuntimeOptions, type Session } from 'mcp-actors';
import { type NodeServer, serve } from 'mcp-actors/node';
import { onTestFinished } from 'vitest';
import type { ClusterOptions } from '../../../src/cluster/options.ts';
import { type Ask, type Door, sendOverSocket } from '../../support/door.ts';
import { turn, waited } from '../../support/eventually.ts';
import { Gates } from '../../support/gates.ts';
import type { Reply, Rpc } from '../../support/reply.ts';
import { WireClient } from '../../support/wireClient.ts';
import type { ClusterHome, Joined, MakeHome } from './home.ts';
import { type State, toolServer } from './toolServer.ts';

type Options = Omit<Partial<RuntimeOptions<State>>, 'cluster'> & {
  readonly cluster?: Partial<ClusterOptions>;
  /** Has each session whose server is made. */
  readonly onSession?: (session: Session<State>) => void;
};

/** One process of a test's cluster: a runtime behind an http server. */
export class Process {
  readonly name: string;
  readonly runtime: Runtime<State>;
  readonly host: NodeServer;
  readonly joined: Joined;
  isDead = false;
  /** The balancer sends nothing here any more. */
  isAway = false;

  constructor(name: string, runtime: Runtime<State>, host: NodeServer, joined: Joined) {
    this.name = name;
    this.runtime = runtime;
    this.host = host;
    this.joined = joined;
  }

  /** Ends as `kill -9` ends a process: connections break, and nothing more is said or stored. */
  kill(): void {
    this.isDead = true;
    this.joined.cut();
    this.host.server.closeAllConnections();
    this.host.server.close();
  }

  /** Keys of the sessions that are in this process. */
  get keys(): string[] {
    return this.runtime.residents().map(({ key }) => key);
  }
}

/** Several processes with one set of sessions, each request to the next of them. */
export class ClusterRig {
  readonly home: ClusterHome;
  readonly processes: Process[];
  readonly gates = new Gates();
  /** Tools that have begun, as `<process> <tool>`. */
  readonly begun: string[] = [];
  readonly #options: Options;
  #next = 0;

  private constructor(home: ClusterHome, options: Options) {
    this.home = home;
    this.processes = [];
    this.#options = options;
  }

  /** Starts processes named `a`, `b`, …, for the running test, which ends them. */
  static async start(make: MakeHome, options: Options = {}, count = 3): Promise<ClusterRig> {
    const rig = new ClusterRig(await make(), options);
    for (let i = 0; i < count; i++) await rig.join('abcdef'[i]!);
    await rig.home.settled();
    return rig;
  }

  /** One more process. */
  async join(name: string, options: Options = {}): Promise<Process> {
    const { cluster: clusterOptions, onSession, ...own } = { ...this.#options, ...options };
    const { clock } = this.home;
    const joined = await this.home.join(name, clusterOptions);
    const { begun, gates } = this;
    const runtime = createRuntime<State>({
      server: (session) => {
        onSession?.(session);
        return toolServer(session, { name, begun, gates });
      },
      state: () => ({ count: 0 }),
      principal: (_, { headers }) => headers['x-user']?.toString(),
      report: false,
      sseRetryMs: 20,
      idleTimeoutMs: this.home.idleMs,
      quietMs: 200,
      ...(clock !== undefined && { clock }),
      ...own,
      cluster: joined.cluster,
    });
    // Stray errors of a test are vitest's to see.
    const host = await serve(runtime, { port: 0, contain: false });
    const made = new Process(name, runtime, host, joined);
    this.processes.push(made);
    // Before its way to the others, which was made first.
    onTestFinished(() => this.#endOf(made));
    await this.until(() => runtime.isReady);
    return made;
  }

  process(name: string): Process {
    return this.processes.find((each) => each.name === name)!;
  }

  /** The processes that live. */
  get living(): Process[] {
    return this.processes.filter(({ isDead, isAway }) => !isDead && !isAway);
  }

  /** The process that has a session; fails where several have it. */
  ownerOf(key: string): Process | undefined {
    const owners = this.living.filter(({ keys }) => keys.includes(key));
    if (owners.length > 1) throw new Error(`in ${owners.map(({ name }) => name).join(' and ')}`);
    return owners[0];
  }

  /** The process to which the next request goes. */
  next(): Process {
    const { living } = this;
    return living[this.#next++ % living.length]!;
  }

  /** The next request goes to this process. */
  turnTo(name: string): void {
    this.#next = this.living.findIndex((each) => each.name === name);
  }

  /** Waits until something holds. Time passes as it does for clients. @param speed times as fast */
  async until(test: () => boolean, speed = 1): Promise<void> {
    const { clock } = this.home;
    let before = performance.now();
    for (let turns = 0; !test(); turns++) {
      await (clock === undefined ? waited(turns) : turn());
      const now = performance.now();
      const ms = Math.trunc((now - before) * speed);
      if (clock === undefined || ms === 0) continue;
      before = now;
      await clock.elapse(ms);
    }
  }

  /** Waits for a promise, while time passes. */
  async over<T>(promise: PromiseLike<T>, speed?: number): Promise<T> {
    let isOver = false;
    const settled = Promise.resolve(promise).finally(() => (isOver = true));
    settled.catch(() => {});
    await this.until(() => isOver, speed);
    return settled;
  }

  /** A client that has said nothing yet. */
  client(): WireClient {
    return new WireClient(this.door);
  }

  /** A client whose session begins at a process; each later request goes to the next. */
  async open(
    name: string,
    user?: string,
    version?: string,
    capabilities?: object,
  ): Promise<WireClient> {
    const client = new WireClient(this.door, {
      ...(user !== undefined && { headers: { 'x-user': user } }),
      ...(version !== undefined && { version }),
      ...(capabilities !== undefined && { capabilities }),
    });
    this.turnTo(name);
    await this.over(client.shake());
    return client;
  }

  /** Lets every session that nobody uses fall asleep: those without a client are nobody's then. */
  async sleep(): Promise<void> {
    const now = (): number[] =>
      this.living.flatMap(({ runtime }) => {
        const { sessions, streams } = runtime.stats();
        return [sessions.active + sessions.idle, sessions.asleep - streams];
      });
    await this.home.pass(this.home.idleMs + 1000);
    await this.until(() => now().every((count) => count <= 0));
  }

  /** For an SDK client: each request goes to the next process. */
  readonly fetch = (url: string | URL, init?: RequestInit): Promise<Response> => {
    const to = new URL(url);
    to.port = String(this.next().host.port);
    return fetch(to, init);
  };

  /** For a client of raw requests: each goes to the next process. */
  get door(): Door {
    return {
      host: '127.0.0.1:0',
      port: 0,
      send: (ask) => this.#send(this.next(), ask),
      close: () => Promise.resolve(),
    };
  }

  /** For a client of raw requests, which all go to one process. */
  doorOf(name: string): Door {
    return { ...this.door, send: (ask) => this.#send(this.process(name), ask) };
  }

  #send({ host }: Process, ask: Ask): Promise<Reply> {
    const headers = { ...ask.headers, host: `127.0.0.1:${host.port}` };
    return sendOverSocket(host.port, { ...ask, headers });
  }

  async #endOf({ isDead, host, joined, runtime }: Process): Promise<void> {
    // The test is over: a process that was killed need not wait for what it can not reach.
    if (isDead) joined.mend();
    host.server.closeAllConnections();
    await this.over<unknown>(isDead ? runtime.close() : host.close({ deadlineMs: 1 }), 100);
  }
}

/** What a call of `hold` says. */
export function hold(gate: string): Record<string, unknown> {
  return { name: 'hold', arguments: { text: gate } };
}

/** The text in the result of a call. */
export function textIn({ result }: Rpc): string {
  const [first] = (result?.['content'] ?? []) as { readonly text?: string }[];
  return first?.text ?? '';
}

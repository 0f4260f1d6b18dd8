import type { RequestMessage } from '../../../src/wire/jsonrpc.ts';
import type { Random } from '../../simulation/random.ts';
import type { Scheduler } from '../../simulation/scheduler.ts';
import { Call, type CallHost, type Outcome } from './call.ts';
import { Listening } from './listening.ts';
import type { HttpRequest, Network } from './network.ts';
import type { Oracle } from './oracle.ts';
import type { Kind } from './userServer.ts';

/** How long any request may be without an answer. */
const HUNG_MS = 40_000;

export interface ClientHost {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly oracle: Oracle;
  /** How often each kind of call is made. */
  readonly kinds: readonly Kind[];
  readonly deletes: boolean;
  readonly listens: boolean;
  did(what: string): void;
  broke(what: string): void;
  /** Everything works, and has for a while. */
  isHealed(): boolean;
  /** No more calls are made. */
  isOver(): boolean;
  nextCall(): number;
  ended(outcome: Outcome, kind: string): void;
}

/** A client of one session at a time, which speaks nothing but HTTP, to whatever process it gets. */
export class Client {
  readonly name: string;
  readonly #host: ClientHost;
  #session: string | undefined;
  /** What it was doing when it was last seen. */
  readonly waiting = new Set<string>();
  #id = 0;

  constructor(host: ClientHost, name: string) {
    this.#host = host;
    this.name = name;
  }

  async run(lanes: number): Promise<void> {
    while (!this.#host.isOver()) {
      const id = await this.#open();
      if (id === undefined) continue;
      const listening = this.#host.listens ? new Listening(this.#callHost(id), id) : undefined;
      await Promise.all(Array.from({ length: lanes }, () => this.#lane(id)));
      listening?.leave();
    }
  }

  async #open(): Promise<string | undefined> {
    let id: string | undefined;
    const clientInfo = { name: this.name, version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: { elicitation: {} }, clientInfo };
    const outcome = await this.#request('initialize', {
      body: { jsonrpc: '2.0', id: ++this.#id, method: 'initialize', params },
      head: (headers) => (id = headers['mcp-session-id'] ?? id),
    });
    if (outcome.is !== 'answered' || id === undefined) {
      this.#mustWork(outcome, 'initialize');
      await this.#pause(200);
      return undefined;
    }
    this.#host.did(`${this.name} opens ${id}`);
    this.#host.oracle.of(id);
    const isConfirmed = await this.#send(id, 'initialized', {
      jsonrpc: '2.0',
      method: 'notifications/initialized',
    });
    this.#session = isConfirmed ? id : undefined;
    return this.#session;
  }

  async #lane(id: string): Promise<void> {
    const { random } = this.#host;
    while (!this.#host.isOver() && this.#session === id) {
      await this.#pause(random.chance(0.15) ? 2500 : 250);
      if (this.#host.isOver() || this.#session !== id) return;
      if (this.#host.deletes && !this.#host.isHealed() && random.chance(0.04)) await this.#end(id);
      else await this.#call(id, random.pick(this.#host.kinds)!);
    }
  }

  async #call(session: string, kind: Kind): Promise<void> {
    const call = this.#host.nextCall();
    const isHealed = this.#host.isHealed();
    const number = call * 7;
    const outcome = await this.#request(`${kind} ${call} of ${session}`, {
      session,
      what: `${session} ${call}`,
      answer: number,
      cancels: kind === 'hold',
      body: {
        jsonrpc: '2.0',
        id: ++this.#id,
        method: 'tools/call',
        params: { name: kind, arguments: { call }, _meta: { progressToken: call } },
      },
    });
    this.#host.ended(outcome, kind);
    if (this.#isLost(outcome, session)) return;
    if (outcome.is === 'answered') {
      const { result } = outcome;
      this.#host.oracle.acknowledged(session, call, result['session']);
      if (result['call'] !== call) this.#host.broke(`answer: of another call to ${call}`);
      if (kind === 'ask' && isHealed && result['answer'] !== number) {
        this.#host.broke(`question: of ${call} has no answer`);
      }
    } else if (isHealed && !isCancelled(outcome, kind)) {
      this.#mustWork(outcome, `${kind} ${call} of ${session}`);
    }
  }

  /** Ends the session. */
  async #end(id: string): Promise<void> {
    const known = this.#host.oracle.of(id);
    known.isEnding = true;
    this.#session = undefined;
    this.#host.did(`${this.name} ends ${id}`);
    for (let tries = 0; tries < 20; tries++) {
      const outcome = await this.#request(`DELETE ${id}`, { session: id, method: 'DELETE' });
      if (outcome.is === 'empty' && outcome.status === 204) {
        this.#host.did(`${id} has ended`);
        known.isOver = true;
        return this.#call(id, 'count');
      }
      if (outcome.is === 'error' && outcome.status === 404) return;
      await this.#pause(300);
    }
  }

  /** Sends what is owed no answer. `false`: there is no such session. */
  async #send(session: string, what: string, body: unknown): Promise<boolean> {
    for (;;) {
      const outcome = await this.#request(`${what} of ${session}`, { session, body });
      if (outcome.is === 'empty' && outcome.status === 202) return true;
      // A session whose client has not confirmed the handshake is not kept for long.
      if (what === 'initialized' && isNotFound(outcome)) return false;
      if (this.#isLost(outcome, session) || this.#host.isOver()) return false;
      await this.#pause(200);
    }
  }

  #isLost(outcome: Outcome, session: string): boolean {
    if (!isNotFound(outcome)) return false;
    this.#host.did(`${session} is not found`);
    this.#host.oracle.lost(session);
    if (this.#session === session) this.#session = undefined;
    return true;
  }

  async #request(
    name: string,
    {
      method = 'POST',
      session,
      body,
      what = name,
      answer,
      cancels = false,
      head,
    }: Partial<HttpRequest> & {
      readonly what?: string;
      readonly answer?: number;
      readonly cancels?: boolean;
      readonly head?: (headers: Readonly<Record<string, string>>) => void;
    },
  ): Promise<Outcome> {
    const { scheduler, random } = this.#host;
    const waiting = `${this.name}: ${name}`;
    this.waiting.add(waiting);
    const host = this.#callHost(session, answer);
    if (head !== undefined) host.head = head;
    const call = new Call(host, { method, session, body }, what);
    this.#host.did(`${waiting} by ${call.by}`);
    const hung = scheduler.add(
      'hung',
      () => this.#host.broke(`hung: ${waiting} by ${call.by}`),
      scheduler.clock.now() + HUNG_MS,
    );
    if (cancels && session !== undefined) {
      host.later(100 + random.below(1500), () => {
        if (call.isOver) return;
        const params = { requestId: (body as RequestMessage).id };
        const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params };
        void this.#send(session, 'cancel', cancel);
      });
    }
    const outcome = await call.outcome;
    scheduler.remove(hung);
    this.waiting.delete(waiting);
    this.#host.did(`${waiting} is ${JSON.stringify(outcome)}`);
    return outcome;
  }

  #callHost(session: string | undefined, answer?: number): CallHost {
    const { random, network } = this.#host;
    return {
      ask: (request, hearing) => network.ask(request, hearing),
      later: (ms, then) => this.#later(ms, then),
      pauseMs: () => 50 + random.below(400),
      broke: (what) => this.#host.broke(what),
      asked: ({ id }) => {
        const body = { jsonrpc: '2.0', id, result: { number: answer } };
        if (session !== undefined) void this.#send(session, `answer to ${String(id)}`, body);
      },
    };
  }

  #mustWork(outcome: Outcome, what: string): void {
    if (!this.#host.isHealed()) return;
    const isHeld = outcome.is === 'error' && outcome.code === 'session-quarantined';
    if (!isHeld) this.#host.broke(`liveness: ${what} is ${JSON.stringify(outcome)}`);
  }

  #pause(mostMs: number): Promise<void> {
    return new Promise((resolve) => this.#later(1 + this.#host.random.next() * mostMs, resolve));
  }

  #later(ms: number, then: () => void): void {
    const { scheduler } = this.#host;
    scheduler.add(`${this.name} goes on`, then, scheduler.clock.now() + ms);
  }
}

/** A call that was cancelled has no answer, and its stream is forgotten. */
function isCancelled(outcome: Outcome, kind: Kind): boolean {
  if (kind !== 'hold') return false;
  return outcome.is === 'empty' || (outcome.is === 'error' && outcome.code === 'event-unknown');
}

function isNotFound(outcome: Outcome): boolean {
  return outcome.is === 'error' && outcome.code === 'session-not-found';
}

import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect } from 'vitest';

/** As by default, but as patient as a loaded machine needs it. */
const reconnectionOptions = {
  initialReconnectionDelay: 300,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1.2,
  maxRetries: 60,
};
const INFO = { name: 'restart', version: '1.0.0' };
/** A call may wait for the other hundred clients, and for a server that starts. */
const PATIENCE = { timeout: 120_000 };

type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A client of the SDK, of either generation. */
export interface Caller {
  readonly name: string;
  readonly sessionId: () => string | undefined;
  call(name: string, args?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

interface Result {
  readonly content: readonly { readonly text: string }[];
}

/** Connects so many clients, of both generations by turns. @param fetchOf how the nth one fetches */
export function connect(
  url: string,
  count: number,
  fetchOf: (n: number) => Fetch = () => fetch,
): Promise<Caller[]> {
  const one = (_: unknown, n: number): Promise<Caller> => {
    const options = { reconnectionOptions, fetch: fetchOf(n) };
    return n % 2 === 0 ? v1(`v1 client ${n}`, url, options) : v2(`v2 client ${n}`, url, options);
  };
  return Promise.all(Array.from({ length: count }, one));
}

interface Options {
  readonly reconnectionOptions: typeof reconnectionOptions;
  readonly fetch: Fetch;
}

async function v1(name: string, url: string, options: Options): Promise<Caller> {
  const client = new Client(INFO);
  const transport = new StreamableHTTPClientTransport(new URL(url), options);
  await client.connect(transport);
  return {
    name,
    sessionId: () => transport.sessionId,
    async call(tool, args = {}) {
      const call = client.callTool({ name: tool, arguments: args }, undefined, PATIENCE);
      return ((await call) as unknown as Result).content[0]!.text;
    },
    close: () => client.close(),
  };
}

async function v2(name: string, url: string, options: Options): Promise<Caller> {
  const client = new ClientV2(INFO);
  const transport = new TransportV2(new URL(url), options);
  await client.connect(transport);
  return {
    name,
    sessionId: () => transport.sessionId,
    async call(tool, args = {}) {
      const call = client.callTool({ name: tool, arguments: args }, PATIENCE);
      return ((await call) as unknown as Result).content[0]!.text;
    },
    close: () => client.close(),
  };
}

/**
 * There is no server, or the one that there was cut the call: where the disk is slow, a call is a
 * stream by then, and its client is told by resumption.
 */
const PASSING = /fetch failed|ECONN|socket|terminated|network|Shutting down|Server restarted/i;

/**
 * Node itself answered, 408 and no more: its loop, on a machine with much else to do, stood still for
 * longer than the head of a request may take, and it took nothing in.
 */
function isTooLate(error: unknown): boolean {
  const { status, code } = error as { readonly status?: number; readonly code?: number };
  return status === 408 || code === 408;
}

/** Counts in its session, one call after the other, whatever happens to the server. */
export class Worker {
  readonly id: string | undefined;
  /** What the server said last. */
  said = 0;
  tried = 0;
  /** How often it was told that the server of its call had restarted. */
  cut = 0;
  /** Anything but a server that went away. */
  readonly troubles: string[] = [];
  isStopped = false;
  readonly #caller: Caller;
  readonly #tool: string;
  #doing = 'has not begun';
  #since = Date.now();
  #lastError = 'none';

  /** @param tool adds one to what the session has counted, and says how much that is */
  constructor(caller: Caller, tool: string) {
    this.#caller = caller;
    this.#tool = tool;
    this.id = caller.sessionId();
  }

  /** What it waits for. */
  report(): string {
    const ms = Date.now() - this.#since;
    const heard = `heard ${this.said} after ${this.tried} tries`;
    return `${this.#caller.name} ${this.#doing} for ${ms} ms, ${heard}, last error: ${this.#lastError}`;
  }

  async work(): Promise<void> {
    while (!this.isStopped) await this.#count();
  }

  async #count(): Promise<void> {
    this.tried++;
    this.#does('waits for an answer');
    try {
      const value = Number(await this.#caller.call(this.#tool));
      if (value <= this.said) this.troubles.push(`counted back: ${value} after ${this.said}`);
      this.said = value;
    } catch (error) {
      const text = String(error);
      this.#lastError = text;
      if (text.includes('Server restarted')) this.cut++;
      if (!PASSING.test(text) && !isTooLate(error)) {
        const { status, code } = error as { readonly status?: unknown; readonly code?: unknown };
        this.troubles.push(`${this.#caller.name}: ${text} (${String(status ?? code)})`);
      }
      this.#does('waits for a server');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  #does(what: string): void {
    this.#doing = what;
    this.#since = Date.now();
  }
}

/** Whoever a test waits for: where it waits in vain, it says what for. */
interface Reporting {
  report(): string;
}

/** Waits until something holds for each; otherwise says for whom it does not, and what each is at. */
export async function each<T extends Reporting>(
  all: readonly T[],
  holds: (one: T, n: number) => boolean,
): Promise<void> {
  const others = (): string[] => all.filter((one, n) => !holds(one, n)).map((one) => one.report());
  await expect.poll(others, { interval: 100 }).toEqual([]);
}

import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { RuntimeStats } from '../../src/events/counters.ts';
import { Program } from '../support/program.ts';

/** What is flooded, and how often a limit was met by it: never, and it would be no flood. */
const KINDS: Record<string, (stats: RuntimeStats) => number> = {
  handshakes: ({ limits }) => limits['maxHandshakesPerPrincipal'] ?? 0,
  // Beside a flood of handshakes there are few that come so far.
  sessions: ({ evicted, limits }) =>
    evicted.capacity +
    (limits['maxSessionsPerPrincipal'] ?? 0) +
    (limits['maxHandshakesPerPrincipal'] ?? 0),
  queues: ({ limits }) => (limits['maxInFlight'] ?? 0) + (limits['maxInFlightPerPrincipal'] ?? 0),
  unread: ({ limits }) =>
    (limits['maxUnreadBytes'] ?? 0) + (limits['maxUnreadBytesPerPrincipal'] ?? 0),
  uploads: ({ limits }) => (limits['maxQueueBytes'] ?? 0) + (limits['maxQueueTotalBytes'] ?? 0),
  notifications: () => 1,
};
const all = Object.keys(KINDS);
const PINGS = 200;
const MOST_MS = 250;
/** The machine may have something else to do for once. */
const TRIES = 3;

/** Somebody who asks for little. */
class Alice {
  readonly #url: string;
  readonly #headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'x-user': 'alice',
  };

  constructor(url: string) {
    this.#url = url;
  }

  async post(message: object): Promise<Response> {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    const response = await fetch(this.#url, { method: 'POST', headers: this.#headers, body });
    await response.text();
    return response;
  }

  /** @returns the statuses of the handshake */
  async open(): Promise<number[]> {
    const clientInfo = { name: 'alice', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const { headers, status } = await this.post({ id: 0, method: 'initialize', params });
    this.#headers['mcp-session-id'] = headers.get('mcp-session-id') ?? '';
    return [status, (await this.post({ method: 'notifications/initialized' })).status];
  }

  /** @returns how long each of some pings took, the longest last, and what they were answered */
  async ping(count: number): Promise<{ ms: number[]; statuses: Set<number> }> {
    const ms: number[] = [];
    const statuses = new Set<number>();
    for (let id = 1; id <= count; id++) {
      const began = performance.now();
      statuses.add((await this.post({ id, method: 'ping' })).status);
      ms.push(performance.now() - began);
      await delay(5);
    }
    return { ms: ms.toSorted((a, b) => a - b), statuses };
  }
}

it.each([...all.map((kind) => [kind, [kind]] as const), ['all of them at once', all] as const])(
  'a flood of one principal (%s) keeps nobody else waiting, and refuses nobody else',
  async (what, kinds) => {
    const child = new Program('test/support/fairChild.ts', []);
    const [, url = '', port = ''] = await child.says(/(http:\S+) control (\d+) \./);
    const alice = new Alice(url);
    expect(await alice.open()).toEqual([200, 202]);
    const flood = new Program('test/support/flood.ts', [url, ...kinds]);
    for (const kind of kinds) await flood.says(new RegExp(`flooding ${kind}`));
    const statsOf = async (): Promise<RuntimeStats> =>
      (await (await fetch(`http://127.0.0.1:${port}`)).json()) as RuntimeStats;
    // She comes when each limit has been met, however long the machine takes for that.
    for (let unmet: string[] = [...kinds]; unmet.length > 0; await delay(100)) {
      const stats = await statsOf();
      unmet = unmet.filter((kind) => KINDS[kind]!(stats) === 0);
    }
    const p99s: number[] = [];
    do {
      const { ms, statuses } = await alice.ping(PINGS);
      expect([...statuses]).toEqual([200]);
      p99s.push(ms[Math.floor(PINGS * 0.99)]!);
      // Her share is as good as unused: another session is hers for the asking.
      expect(await new Alice(url).open()).toEqual([200, 202]);
    } while (p99s.at(-1)! > MOST_MS && p99s.length < TRIES);
    console.log(`${what}: p99 of a ping ${p99s.map((each) => each.toFixed(1)).join(', ')} ms`);
    expect(p99s.at(-1)).toBeLessThan(MOST_MS);
  },
);

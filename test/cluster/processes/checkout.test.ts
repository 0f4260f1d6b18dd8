import { type MachineDriver, machineDriver, walkModel } from 'mcp-actors/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORGOTTEN_AFTER_MS } from '../../../src/cluster/quarantine.ts';
import { findRedisServer } from '../../clusterDemo/redisProcess.ts';
import { BundledChild } from '../../support/bundledChild.ts';
import { CHECKOUT } from '../../support/checkoutCopy.ts';
import { eventually } from '../../support/eventually.ts';
import type { Program } from '../../support/program.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { StoredSession } from '../../support/storedSession.ts';

const SECRET = 'of a test, for all to see: 32 characters';
/** The shortest there is: each step waits for the end of one. */
const LEASE_MS = 1000;

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../../support/checkoutNode.ts', import.meta.url));
});
afterAll(() => program.remove());

/** What a process says: a delayed transition has led `to`, or a session is taken over `from` another. */
interface Line {
  readonly by: string;
  readonly session: string;
  readonly to?: string;
  readonly from?: string;
}

/** One process of the cluster, and where it is asked. */
interface Node {
  readonly name: string;
  readonly child: Program;
  readonly url: Promise<string>;
}

/** Three processes, the first of which has the session; whenever that is killed, another one begins. */
class Owners {
  readonly #redis: RedisServer;
  readonly #all: Node[] = [];
  #living: Node[];
  #url = '';
  kills = 0;

  private constructor(redis: RedisServer) {
    this.#redis = redis;
    this.#living = [this.#begin(), this.#begin(), this.#begin()];
  }

  static async start(): Promise<Owners> {
    const owners = new Owners(await RedisServer.ofTest());
    owners.#url = await owners.#living[0]!.url;
    return owners;
  }

  /** Where the owner is asked. */
  get url(): string {
    return this.#url;
  }

  /** All that was said, also by those that are dead. */
  get lines(): readonly Line[] {
    return this.#all.flatMap(({ child }) => {
      const lines = child.stdout.split('\n').filter((line) => line.startsWith('{'));
      return lines.map((line) => JSON.parse(line) as Line);
    });
  }

  /** The states to which delayed transitions have led, each by its session. */
  get delayed(): readonly Line[] {
    return this.lines.filter(({ to }) => to !== undefined);
  }

  get takeovers(): readonly Line[] {
    return this.lines.filter(({ from }) => from !== undefined);
  }

  /** Kills the owner of a session: another process is asked from here on. */
  async kill(sessionId: string): Promise<void> {
    const [owner, ...others] = this.#living;
    this.#url = await others[0]!.url;
    // A session that ends its owners one soon after the other would be held back.
    await this.#stored(sessionId).heldFor(FORGOTTEN_AFTER_MS);
    const { child } = owner!;
    child.process.kill('SIGKILL');
    await child.ended;
    this.kills++;
    this.#living = [...others, this.#begin()];
  }

  /** Kills the owner; a delayed transition falls due while nobody has the session, and is made. */
  async elapse(sessionId: string, ms: number): Promise<void> {
    const before = new Set(this.delayed.map(({ session }) => session));
    await this.kill(sessionId);
    await this.#stored(sessionId).pass(ms);
    // Nobody asks for the session: whichever process finds that it is due has it.
    const made = (): Line | undefined => this.delayed.find(({ session }) => !before.has(session));
    await eventually(() => made() !== undefined);
    const { by } = made()!;
    this.#living.sort((a, b) => Number(b.name === by) - Number(a.name === by));
    this.#url = await this.#living[0]!.url;
  }

  #stored(sessionId: string): StoredSession {
    return new StoredSession(this.#redis, SECRET, sessionId);
  }

  #begin(): Node {
    const name = `n${this.#all.length + 1}`;
    const child = program.start([this.#redis.url, name, String(LEASE_MS), SECRET]);
    const url = child.url();
    // The last one may be ended, with its test, before it serves.
    url.catch(() => {});
    const node = { name, child, url };
    this.#all.push(node);
    return node;
  }
}

/** Walks the checkout with its owner killed before each step. */
function driverOf(owners: Owners): MachineDriver {
  let sessionId = '';
  return machineDriver({
    ...CHECKOUT,
    url: () => owners.url,
    time: { advance: (ms) => owners.elapse(sessionId, ms) },
    rest: {
      async act(id) {
        sessionId = id;
        await owners.kill(id);
      },
    },
  });
}

describe.skipIf(findRedisServer() === undefined)('every edge of the checkout, in a cluster', () => {
  it('with the owner killed by kill -9 before each step, and another process at the next one', async () => {
    const owners = await Owners.start();
    const driver = driverOf(owners);
    const report = await walkModel(driver);
    // What test/restart/checkout.test.ts reports of one process.
    expect(`${String(report)}\n${String(driver.chart)}`)
      .toBe(`checkout: 5 paths, 0 edges failed, 23 of 23 edges, 8 of 8 states
checkout: 5 of 5 states, 7 of 7 transitions`);
    const delays = report.coverage.edges.filter(({ edge }) => edge.needs.includes('time'));
    expect(owners.delayed.map(({ to }) => to)).toEqual(delays.map(() => 'expired'));
    expect(new Set(owners.delayed.map(({ session }) => session)).size).toBe(delays.length);
    // Each kill was of the process that had the session. What one says comes by another way than answers.
    await eventually(() => owners.takeovers.length >= owners.kills);
    expect(owners.kills).toBeGreaterThanOrEqual(23 + delays.length);
    expect(owners.takeovers).toHaveLength(owners.kills);
  });
});

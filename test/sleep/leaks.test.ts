import { describe, expect, it } from 'vitest';
import { createRuntime, type Session, sessionLocal } from 'mcp-actors';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { eventually } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { collect, Sample } from '../support/garbage.ts';
import { INITIALIZE, send } from '../support/send.ts';
import { VirtualClock } from '../support/virtualClock.ts';

const SESSIONS = 10_000;
const USERS = 3000;
const BATCH = 500;
const MINUTE = 60_000;

interface State {
  readonly visits: number;
  readonly big: readonly number[];
}

/** Sessions that come, sleep, wake now and then, sleep again and end, of a few users each. */
class Dormitory {
  readonly clock = new VirtualClock();
  readonly sample = new Sample();
  #users = 0;
  readonly #visits = sessionLocal(() => new Set<string>());
  readonly runtime = createRuntime<State>({
    clock: this.clock,
    maxHandshakes: 1000,
    state: () => ({ visits: 0, big: Array.from({ length: 200 }, (_, i) => i) }),
    principal: (_, { headers }) => headers['x-user'] as string | undefined,
    server: (session) => this.#build(session),
  });

  #build(session: Session<State>): FakeServer {
    const server = new FakeServer((message) => {
      if (!('method' in message) || message.method !== 'tools/list') return;
      this.#visits.get().add(message.method);
      void session.update((state) => ({ ...state, visits: state.visits + 1 }));
    });
    if (Number(session.principal) % 10 === 0) {
      const { principal, wakeCount } = session;
      this.sample.add(`session ${principal} ${wakeCount}`, session);
      this.sample.add(`server ${principal} ${wakeCount}`, server);
      this.sample.add(`signal ${principal} ${wakeCount}`, session.signal);
      if (session.state !== undefined) {
        this.sample.add(`state ${principal} ${wakeCount}`, session.state);
      }
    }
    return server;
  }

  async visit(user: string, session?: string): Promise<string> {
    const headers = { 'x-user': user };
    const id = session ?? (await send(this.runtime, INITIALIZE, undefined, headers)).session ?? '';
    if (session === undefined) {
      await send(this.runtime, { method: 'notifications/initialized' }, id, headers);
    }
    const { status } = await send(this.runtime, { id: 1, method: 'tools/list' }, id, headers);
    if (status !== 200) throw new Error(`${status} to ${user}`);
    return id;
  }

  /** All of a batch fall asleep; a third are woken, and fall asleep again. */
  async stay(): Promise<void> {
    const users = Array.from({ length: BATCH }, () => `${this.#users++ % USERS}`);
    const ids = await Promise.all(users.map((user) => this.visit(user)));
    await this.sleep();
    const some = ids.filter((_, i) => i % 3 === 0);
    await Promise.all(some.map((id, i) => this.visit(users[i * 3] ?? '', id)));
    await this.sleep();
  }

  async sleep(): Promise<void> {
    await this.clock.elapse(5000);
    await this.clock.elapse(5 * MINUTE);
    await eventually(() => this.runtime.residents().length === 0);
  }

  get deadlines(): number {
    return endpointOf(this.runtime).services.deadlines.size;
  }
}

async function used(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

describe('ten thousand sessions that slept and expired', () => {
  const dormitory = new Dormitory();
  const { runtime, clock, sample } = dormitory;

  it('are gone, from every list and every queue', async () => {
    while (runtime.stats().spawned < SESSIONS) await dormitory.stay();
    expect(runtime.stats().slept).toBeGreaterThan(SESSIONS * 1.3);
    await clock.elapse(40 * MINUTE);
    const { sessions, evicted, spawned } = runtime.stats();
    expect([sessions.total, sessions.asleep, evicted.expired]).toEqual([0, 0, spawned]);
    expect((await runtime.list()).sessions).toEqual([]);
    const { reads: store } = endpointOf(runtime).directory.keeper;
    expect([await store.count(), await store.count('0')]).toEqual([0, 0]);
    // The next sweep, and nothing else.
    expect(dormitory.deadlines).toBe(1);
  });

  it('are garbage: servers, sessions, states and signals', async () => {
    expect(sample.size).toBeGreaterThan(4000);
    expect(await sample.alive()).toEqual([]);
  });

  it('leave as much memory as was there before', async () => {
    const crowd = async (): Promise<number> => {
      for (let i = 0; i < 4; i++) await dormitory.stay();
      const asleep = await used();
      await clock.elapse(40 * MINUTE);
      expect(runtime.stats().sessions.total).toBe(0);
      return asleep;
    };
    await crowd();
    const before = await used();
    const asleep = await crowd();
    const after = await used();
    // Of each that slept less than a tenth of what it took is still there.
    expect(after - before).toBeLessThan((asleep - before) / 10);
  });
});

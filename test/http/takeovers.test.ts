import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDoor } from '../support/door.ts';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { Reply } from '../support/reply.ts';
import { sdkV1 } from '../support/sdkClients.ts';
import type { WireClient } from '../support/wireClient.ts';

const RETRY_MS = 1000;

/** A client that comes back for its GET stream a second after it ended, as SDK clients do. */
class Loop {
  readonly #world: FakeRuntime;
  readonly #client: WireClient;
  readonly statuses: number[] = [];
  #reply: Reply | undefined;
  #failures = 0;

  constructor(world: FakeRuntime, client: WireClient) {
    this.#world = world;
    this.#client = client;
  }

  get isOpen(): boolean {
    return this.#reply?.status === 200 && this.#reply.end === undefined;
  }

  get hasGivenUp(): boolean {
    return this.#failures === 2;
  }

  /** Comes back, where there is a need. */
  async step(): Promise<void> {
    if (this.isOpen || this.hasGivenUp) return;
    const last = this.#reply?.ids.at(-1);
    this.#reply = await this.#client.get(last === undefined ? {} : { 'last-event-id': last });
    this.statuses.push(this.#reply.status);
    if (this.#reply.status === 200) this.#failures = 0;
    else this.#failures++;
    await this.#world.clock.elapse(RETRY_MS / 2);
  }
}

describe('R2: two GET loops of one client', () => {
  it.each(['2025-11-25', '2025-06-18'])(
    'do not replace each other for ever: the newer one is refused, and the other one stays (%s)',
    async (version) => {
      const world = new FakeRuntime();
      const client = await world.open(undefined, { version });
      const loops = [new Loop(world, client), new Loop(world, client)];
      for (let i = 0; i < 30; i++) for (const loop of loops) await loop.step();
      expect(loops.filter(({ isOpen }) => isOpen)).toHaveLength(1);
      expect(loops.filter(({ hasGivenUp }) => hasGivenUp)).toHaveLength(1);
      const { limits, refusals } = world.runtime.stats();
      expect([limits, refusals]).toEqual([{ maxTakeovers: 2 }, { 'stream-taken': 2 }]);
      // Whoever stayed gets what is said.
      world.server.notify('notifications/message', { data: 'a' });
      await turn();
      expect(world.runtime.stats().streams).toBe(1);
    },
  );

  it('may take over as often as maxTakeovers says', async () => {
    const world = new FakeRuntime({ maxTakeovers: 2 });
    const client = await world.open();
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) {
      statuses.push((await client.get()).status);
      await world.clock.elapse(RETRY_MS);
    }
    expect(statuses).toEqual([200, 200, 200, 409, 409]);
  });

  it('start anew after a while of peace, and whoever finds no open stream never waits', async () => {
    const world = new FakeRuntime({ maxTakeovers: 1 });
    const client = await world.open();
    const first = await client.get();
    await world.clock.elapse(RETRY_MS);
    const second = await client.get();
    await world.clock.elapse(RETRY_MS);
    const refused = await (await client.get()).whole();
    expect([refused.status, refused.message.error?.data?.['code']]).toEqual([409, 'stream-taken']);
    expect([first.end, second.end]).toEqual(['ended', undefined]);
    second.leave();
    await turn();
    expect((await client.get()).status).toBe(200);
    await world.clock.elapse(20 * RETRY_MS);
    expect((await client.get()).status).toBe(200);
  });

  it('are no client that comes at once: nobody who was told an end is so quick', async () => {
    const world = new FakeRuntime({ maxTakeovers: 1 });
    const client = await world.open();
    for (let i = 0; i < 20; i++) expect((await client.get()).status).toBe(200);
    expect(world.runtime.stats()).toMatchObject({ streams: 1, limits: {} });
  });

  it('of SDK clients come to rest', async () => {
    const world = new FakeRuntime({ sseRetryMs: 20, maxTakeovers: 3 });
    const door = await openDoor('node http', world.runtime);
    onTestFinished(() => door.close());
    const url = new URL(`http://${door.host}/mcp`);
    const errors: string[] = [];
    const first = new StreamableHTTPClientTransport(url);
    await sdkV1().connect(first);
    await eventually(() => world.runtime.stats().streams === 1);
    const { sessionId } = first;
    const second = new StreamableHTTPClientTransport(url, { ...(sessionId && { sessionId }) });
    const other = sdkV1();
    await other.connect(second);
    for (const each of [first, second]) each.onerror = ({ message }) => errors.push(message);
    // Told again, the second client opens a GET stream of its own.
    const step = setInterval(() => void world.clock.elapse(20), 20);
    onTestFinished(() => clearInterval(step));
    await other.notification({ method: 'notifications/initialized' });
    await eventually(() => errors.some((text) => text.includes('Maximum reconnection attempts')));
    expect(world.runtime.stats()).toMatchObject({ streams: 1, refusals: { 'stream-taken': 2 } });
  });
});

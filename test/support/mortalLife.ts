import { DurableMemory } from './durableMemory.ts';
import { turn } from './eventually.ts';
import { FakeRuntime } from './fakeRuntime.ts';
import type { Reply } from './reply.ts';
import { WireClient } from './wireClient.ts';

export const WORD = 'notifications/message';

/** Lets what is to be stored be stored. */
export async function settle(world: FakeRuntime, ms = 200): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
  await world.clock.elapse(ms);
  for (let i = 0; i < 8; i++) await turn();
}

/** The next process on a store, and the same client at its door. */
export async function next(store: DurableMemory, client: WireClient) {
  const world = new FakeRuntime({ store });
  const again = await WireClient.of(world.runtime);
  again.id = client.id;
  return { world, client: again };
}

/** What each id was seen to name, by whichever process: an id with two names is a fault. */
export class Seen {
  readonly names = new Map<string, string>();
  readonly twice: string[] = [];

  take(reply: Reply): void {
    for (const { id, data } of reply.frames) {
      if (id === undefined || data === undefined || data === '') continue;
      const known = this.names.get(id);
      if (known !== undefined && known !== data) this.twice.push(`${id}: ${known} and ${data}`);
      this.names.set(id, data);
    }
  }
}

export const said = ({ messages }: Reply): unknown[] =>
  messages.map(({ params }) => params?.['data']);

/** One client through processes that die with events which no store has. */
export class MortalLife {
  readonly #store = new DurableMemory();
  readonly #seen = new Seen();
  #world!: FakeRuntime;
  #client!: WireClient;
  #get!: Reply;
  /** Streams of calls, with the place the client would come back from. */
  readonly #calls = new Map<number, Reply>();
  readonly #faults: string[] = [];
  #words = 0;
  #ids = 0;

  static async begin(): Promise<MortalLife> {
    const life = new MortalLife();
    life.#world = new FakeRuntime({ store: life.#store });
    life.#client = await life.#world.open();
    life.#get = await life.#client.get();
    await settle(life.#world);
    return life;
  }

  async say(): Promise<void> {
    this.#world.runtime.residents()[0]?.notify(WORD, { data: ++this.#words });
    await turn();
  }

  async progress(): Promise<void> {
    const server = this.#world.servers.at(-1);
    const last = server?.received.findLast((each) => 'method' in each && each.method === 'hold');
    if (last === undefined || !('id' in last)) return;
    server?.notify(WORD, { data: ++this.#words }, last.id);
    await turn();
  }

  async call(): Promise<void> {
    if (this.#store.trouble !== undefined) return;
    const id = ++this.#ids;
    const call = this.#client.request('hold', {}, id);
    await settle(this.#world, 60);
    const stream = await call;
    await stream.until(({ ids }) => ids.length > 0);
    this.#calls.set(id, stream);
  }

  async store(): Promise<void> {
    await settle(this.#world);
  }

  /** From here on nothing is stored, until the process dies. */
  async hang(): Promise<void> {
    this.#store.trouble = 'hangs';
  }

  async sleep(): Promise<void> {
    if (this.#store.trouble !== undefined) return;
    await this.#world.clock.elapse(6 * 60_000);
    await settle(this.#world);
  }

  /** The process dies; its client comes back to the next one for all that it had open. */
  async kill(): Promise<void> {
    for (const reply of [this.#get, ...this.#calls.values()]) this.#seen.take(reply);
    this.#store.trouble = undefined;
    const { world, client } = await next(this.#store, this.#client);
    [this.#world, this.#client] = [world, client];
    const last = this.#get.ids.at(-1);
    this.#get = await client.get(last === undefined ? {} : { 'last-event-id': last });
    this.#holds(this.#get.status === 200, `the GET stream got ${this.#get.status}`);
    for (const [id, stream] of this.#calls) {
      const resumed = await client.get({ 'last-event-id': stream.ids.at(-1)! });
      await settle(world, 0);
      await resumed.whole();
      this.#seen.take(resumed);
      const [end, ...more] = resumed.messages.filter(({ method }) => method === undefined);
      const isTold = end?.id === id && end.error?.data?.['code'] === 'session-restarted';
      this.#holds(isTold && more.length === 0, `call ${id} got ${resumed.text}`);
      const { status } = await client.get({ 'last-event-id': resumed.ids.at(-1) ?? '' });
      this.#holds(status === 204, `call ${id} was over, and got ${status}`);
    }
    this.#calls.clear();
  }

  /** @returns what was wrong */
  async end(): Promise<string[]> {
    await this.kill();
    // Something new is said, and it arrives: no stream is stuck behind numbers of the dead.
    await this.#client.call('tools/list');
    const before = this.#get.messages.length;
    await this.say();
    await settle(this.#world);
    const [last, ...more] = said(this.#get).slice(before);
    this.#holds(
      last === this.#words && more.length === 0,
      `the last word got lost: ${String(last)}`,
    );
    this.#seen.take(this.#get);
    return [...this.#faults, ...this.#seen.twice];
  }

  #holds(isSo: boolean, fault: string): void {
    if (!isSo) this.#faults.push(fault);
  }
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';
import { sendOverSocket } from '../support/door.ts';
import { said, Seen } from '../support/mortalLife.ts';
import type { Program } from '../support/program.ts';
import { RedisServer } from '../support/redisServer.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { WireClient } from '../support/wireClient.ts';

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/talkingChild.ts', import.meta.url));
});
afterAll(() => program.remove());

interface Served {
  readonly child: Program;
  readonly origin: string;
  readonly client: WireClient;
}

/** A process on a store, and a client at its door. */
async function start(place: string): Promise<Served> {
  const child = program.start([place]);
  const { origin, port } = new URL(await child.url());
  const client = new WireClient({
    host: `127.0.0.1:${port}`,
    port: Number(port),
    send: (ask) => sendOverSocket(Number(port), ask),
    close: async () => {},
  });
  return { child, origin, client };
}

const tell = (client: WireClient, on: 'call' | 'get', ...texts: string[]) =>
  client.notify('say', { on, texts });

/** What has the sessions, as the program is told it. */
const PLACES: readonly (readonly [string, () => Promise<string>])[] = [
  ['a folder', async () => storeFolder().path],
  ['Redis', async () => (await RedisServer.ofTest()).url],
];

describe.each(PLACES)(
  'R1: a process killed by kill -9, whose client has heard what no store has: %s',
  (_name, open) => {
    it('leaves ids that name nothing else: calls that were cut are told so, and new words arrive', async () => {
      const place = await open();
      const seen = new Seen();
      const first = await start(place);
      const { client } = first;
      await client.shake();
      const get = await client.get();
      const call = await client.request('hold', {}, 'held');
      await tell(client, 'get', 'stored');
      await tell(client, 'call', 'stored');
      await get.until(({ messages }) => messages.length === 1);
      await call.until(({ messages }) => messages.length === 1);
      // Whoever is answered later is stored later.
      await client.call('tools/list');

      await fetch(`${first.origin}/hang`);
      const words = Array.from({ length: 50 }, (_, n) => `${n}`);
      await tell(client, 'get', ...words);
      await tell(client, 'call', ...words);
      await get.until(({ messages }) => messages.length === 51);
      await call.until(({ messages }) => messages.length === 51);
      first.child.process.kill('SIGKILL');
      expect(await first.child.ended).toBe('SIGKILL');
      for (const reply of [get, call]) seen.take(reply);

      const second = await start(place);
      const again = second.client;
      again.id = client.id;
      const cut = await again.get({ 'last-event-id': call.ids.at(-1)! });
      expect((await cut.whole()).messages).toMatchObject([
        { id: 'held', error: { data: { code: 'session-restarted' } } },
      ]);
      const over = await again.get({ 'last-event-id': cut.ids.at(-1)! });
      expect(over.status).toBe(204);
      const resumed = await again.get({ 'last-event-id': get.ids.at(-1)! });
      await again.call('tools/list');
      await tell(again, 'get', 'new', 'newer');
      await resumed.until(({ messages }) => messages.length === 2);
      expect(said(resumed)).toEqual(['new', 'newer']);
      for (const reply of [cut, resumed]) seen.take(reply);
      // Each of 102 words, the error and the two new ones has a name of its own.
      expect([seen.names.size, seen.twice]).toEqual([105, []]);
    });

    it('as often as it is killed, whatever the last one had not stored', async () => {
      const place = await open();
      const seen = new Seen();
      let id: string | undefined;
      let last: string | undefined;
      for (let life = 0; life < 5; life++) {
        const { child, client, origin } = await start(place);
        if (id === undefined) await client.shake();
        else client.id = id;
        id = client.id;
        const get = await client.get(last === undefined ? {} : { 'last-event-id': last });
        await client.call('tools/list');
        if (life % 2 === 1) await fetch(`${origin}/hang`);
        await tell(client, 'get', `${life} a`, `${life} b`);
        await get.until(({ messages }) => messages.length === 2);
        child.process.kill('SIGKILL');
        await child.ended;
        seen.take(get);
        expect(said(get)).toEqual([`${life} a`, `${life} b`]);
        last = get.ids.at(-1);
      }
      expect([seen.names.size, seen.twice]).toEqual([10, []]);
    });
  },
);

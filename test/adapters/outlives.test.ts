import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';
import { sendOverSocket } from '../support/door.ts';
import type { Program } from '../support/program.ts';
import { WireClient } from '../support/wireClient.ts';

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/stillChild.ts', import.meta.url));
});
afterAll(() => program.remove());

async function start(...args: string[]) {
  const child: Program = program.start(args);
  const { port } = new URL(await child.url());
  const open = async (): Promise<WireClient> => {
    const client = new WireClient({
      host: `127.0.0.1:${port}`,
      port: Number(port),
      send: (ask) => sendOverSocket(Number(port), ask),
      close: async () => {},
    });
    await client.shake();
    return client;
  };
  return { child, open };
}

describe('the process', () => {
  it('outlives a loop that stands still for 20 s, at the defaults, with streams open', async () => {
    const { child, open } = await start();
    const [alice, bob, carol] = [await open(), await open(), await open()];
    const stream = await bob.get();
    // It becomes a stream while the loop stands still, and its keep-alive falls due in the same sweep.
    const late = alice.call('later');
    expect((await carol.call('still')).result).toEqual({ still: true });
    expect((await late).result).toEqual({ late: true });
    for (const each of [alice, bob, carol]) {
      expect((await each.call('tools/list')).error).toBeUndefined();
    }
    expect(stream.end).toBeUndefined();
    stream.leave();
    expect([child.process.exitCode, child.stderr]).toEqual([null, '']);
  });

  it('outlives a store that is slower than every deadline, and answers from memory', async () => {
    const { child, open } = await start('stored');
    const [alice, bob] = [await open(), await open()];
    const stream = await bob.get();
    await alice.call('slow down');
    for (const n of [1, 2, 3]) {
      const answers = await Promise.all([alice, bob].map((each) => each.call('count')));
      expect(answers.map(({ result }) => result)).toEqual([{ n }, { n }]);
    }
    // A session that can not be stored is not opened, and its client is told so.
    await expect(open()).rejects.toThrow('store-unavailable');
    expect(stream.end).toBeUndefined();
    stream.leave();
    expect([child.process.exitCode, child.stderr]).toEqual([null, '']);
  });
});

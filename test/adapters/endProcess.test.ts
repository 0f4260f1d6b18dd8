import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';
import { sendOverSocket } from '../support/door.ts';
import type { Program } from '../support/program.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { WireClient } from '../support/wireClient.ts';

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/tornChild.ts', import.meta.url));
});
afterAll(() => program.remove());

interface Served {
  readonly child: Program;
  readonly origin: string;
  /** A client of a session that is there, or of a new one. */
  readonly client: (id?: string) => Promise<WireClient>;
}

async function start(...args: string[]): Promise<Served> {
  const child = program.start(args);
  const { origin, port } = new URL(await child.url());
  const door = {
    host: `127.0.0.1:${port}`,
    port: Number(port),
    send: (ask: Parameters<typeof sendOverSocket>[1]) => sendOverSocket(Number(port), ask),
    close: async () => {},
  };
  const client = async (id?: string): Promise<WireClient> => {
    const made = new WireClient(door);
    if (id === undefined) await made.shake();
    else made.id = id;
    return made;
  };
  return { child, origin, client };
}

describe('an uncaught exception, where a runtime is served', () => {
  it('drains and ends the process; its sessions go on in the next one', async () => {
    const folder = storeFolder().path;
    const { child, client, origin } = await start(folder);
    const [alice, bob] = [await client(), await client()];
    for (const each of [alice, bob]) expect((await each.call('count')).result).toEqual({ n: 1 });
    const held = bob.call('hold');
    await alice.call('throw');
    await child.says(/Uncaught exception/);
    await child.says(/uncaught: torn/);

    // The work of others goes on; nobody new comes in.
    expect((await fetch(`${origin}/readyz`)).status).toBe(503);
    expect((await fetch(`${origin}/healthz`)).status).toBe(200);
    await expect(client()).rejects.toThrow('draining');
    await fetch(`${origin}/release`);
    expect((await held).result).toEqual({ held: true });
    expect(await child.ended).toBe(1);
    // Reported once, however much fails in a process that ends.
    expect(child.stderr.match(/Error: torn/g)).toHaveLength(1);

    const next = await start(folder);
    for (const { id } of [alice, bob]) {
      const again = await next.client(id);
      expect((await again.call('count')).result).toEqual({ n: 2 });
    }
  });

  it('waits for work in flight no longer than crashDeadlineMs', async () => {
    const { child, client } = await start('', '1');
    const [alice, bob] = [await client(), await client()];
    const held = bob.call('hold');
    await alice.call('throw');
    expect((await held).error?.data).toMatchObject({ code: 'session-ended', reason: 'drained' });
    expect(await child.ended).toBe(1);
  });
});

import * as fc from 'fast-check';
import { turn } from './eventually.ts';
import { FakeRuntime } from './fakeRuntime.ts';
import type { Reply } from './reply.ts';
import { WireClient } from './wireClient.ts';

/** One thing that happens; `who` picks a client there is. */
export type Happening =
  | { readonly what: 'open' }
  | { readonly what: 'elapse'; readonly ms: number }
  | { readonly what: What; readonly who: number };

const WHATS = ['call', 'hold', 'note', 'crash', 'answer', 'delete', 'attach', 'detach'] as const;
type What = (typeof WHATS)[number];

/** Long enough for each deadline of {@link livelyRuntime} to pass, or short enough for none. */
const TIMES = [10, 500, 1500, 5000, 20_000, 70_000];

export const happenings: fc.Arbitrary<Happening[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ what: fc.constant('open' as const) }) },
    {
      weight: 4,
      arbitrary: fc.record({ what: fc.constant('elapse' as const), ms: fc.constantFrom(...TIMES) }),
    },
    { weight: 8, arbitrary: fc.record({ what: fc.constantFrom(...WHATS), who: fc.nat(7) }) },
  ),
  { minLength: 5, maxLength: 40 },
);

/** A runtime whose sessions see all there is to see within a minute of virtual time. */
export function livelyRuntime(): FakeRuntime {
  return new FakeRuntime({
    hook(message) {
      if ('method' in message && message.method === 'crash') throw new Error('boom');
    },
    maxSessions: 4,
    idleTimeoutMs: 10_000,
    evictAfterMs: 60_000,
    onCrash: { restarts: 2, withinMs: 30_000 },
  });
}

/** Lets these things happen, one after the other, and ends the runtime. */
export async function live(world: FakeRuntime, list: readonly Happening[]): Promise<void> {
  const clients: WireClient[] = [];
  const streams = new Map<WireClient, Reply>();
  for (const each of list) {
    if (each.what === 'open') clients.push(await opened(world));
    else if (each.what === 'elapse') await world.clock.elapse(each.ms);
    else {
      const client = clients[each.who % clients.length];
      if (client !== undefined) await happen(world, client, streams, each.what);
    }
    await turn();
  }
  const closed = world.runtime.drain({ deadlineMs: 5000 });
  await world.clock.elapse(10_000);
  await closed;
  await world.runtime.close();
}

async function opened(world: FakeRuntime): Promise<WireClient> {
  const client = await WireClient.of(world.runtime);
  // At the cap there is no room where all are attached: then it is nobody.
  await client.initialize();
  if (client.id !== undefined) await client.notify('notifications/initialized');
  return client;
}

async function happen(
  world: FakeRuntime,
  client: WireClient,
  streams: Map<WireClient, Reply>,
  what: What,
): Promise<void> {
  switch (what) {
    case 'call':
      await client.request('tools/list');
      return;
    case 'hold':
    case 'crash':
      // Not awaited: its response comes when it is answered, or cut.
      void client.request(what);
      return;
    case 'note':
      await client.notify('notifications/roots/list_changed');
      return;
    case 'answer':
      for (const server of world.servers) {
        for (const message of server.received.splice(0)) {
          if ('id' in message && 'method' in message && message.method === 'hold') {
            server.answer(message.id);
          }
        }
      }
      return;
    case 'delete':
      await client.delete();
      return;
    case 'attach':
      streams.set(client, await client.get());
      return;
    case 'detach':
      streams.get(client)?.leave();
      return;
    default:
      what satisfies never;
  }
}

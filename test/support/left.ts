import { turn } from './eventually.ts';
import { FakeRuntime } from './fakeRuntime.ts';
import type { HeldStore } from './heldStore.ts';
import { WireClient } from './wireClient.ts';

/** Lets time pass, and all that follows. */
export async function settle(world: FakeRuntime, ms = 200): Promise<void> {
  for (let i = 0; i < 8; i++) await turn();
  await world.clock.elapse(ms);
  for (let i = 0; i < 8; i++) await turn();
}

/** A session that another process has left. */
export async function left(store: HeldStore, user?: string): Promise<WireClient> {
  const world = new FakeRuntime({ store });
  const client = await world.open(user);
  await settle(world);
  return client;
}

export async function moved(
  client: WireClient,
  to: FakeRuntime,
  user?: string,
): Promise<WireClient> {
  const next = await WireClient.of(
    to.runtime,
    user === undefined ? {} : { headers: { 'x-user': user } },
  );
  next.id = client.id;
  return next;
}

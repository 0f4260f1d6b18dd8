import { describe, expect, it, onTestFinished } from 'vitest';
import { DOORS, openDoor } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { WireClient } from '../support/wireClient.ts';

describe.each(DOORS)('a stream that waits for its row, by %s', (kind) => {
  it('has no comment before its head, however long the store takes', async () => {
    const store = new HeldStore();
    const world = new FakeRuntime({ store, keepAliveMs: 1000, storeTimeoutMs: 60_000 });
    const door = await openDoor(kind, world.runtime);
    onTestFinished(() => door.close());
    const client = new WireClient(door);
    await client.shake();
    const release = store.hold('write');
    const asked = client.request('hold', {}, 7);
    await eventually(() => world.server.methods.includes('hold'));
    // Long enough to become a stream, and then for several comments.
    await world.clock.elapse(100);
    await world.clock.elapse(5000);
    release();
    const reply = await asked;
    expect([reply.status, reply.isStream]).toEqual([200, true]);
    expect(reply.text).not.toMatch(/^:/);
    // From here on there are comments.
    await world.clock.elapse(1000);
    await eventually(() => reply.text.includes(': keep-alive'));
    world.server.answer(7, { done: true });
    await reply.whole();
    expect(reply.messages).toMatchObject([{ id: 7, result: { done: true } }]);
  });
});

import { describe, expect, it, onTestFinished } from 'vitest';
import { DOORS, openDoor } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { HeldStore } from '../support/heldStore.ts';
import { WireClient } from '../support/wireClient.ts';

it('a stream with something unread gets no comments beside it', async () => {
  const world = new FakeRuntime({ keepAliveMs: 1000 });
  const client = await world.open();
  const get = await client.get();
  await get.until(({ frames }) => frames.length > 0);
  const asked = world.runtime.fetch(
    new Request('http://localhost/mcp', {
      headers: { accept: 'text/event-stream', 'mcp-session-id': client.id ?? '' },
    }),
  );
  const body = (await asked).body!.getReader();
  world.server.notify('notifications/message', { n: 1 });
  await world.clock.elapse(10_000);
  let text = '';
  while (!text.includes('"n":1')) text += new TextDecoder().decode((await body.read()).value);
  expect(text).not.toContain('keep-alive');
  // All of it is read: from here on there are comments again.
  const next = body.read();
  await world.clock.elapse(1000);
  expect(new TextDecoder().decode((await next).value)).toBe(': keep-alive\n\n');
});

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

import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { sleep } from '../support/sleep.ts';

const stores: [string, () => { store?: DurableMemory }][] = [
  ['in memory', () => ({})],
  ['in a durable store', () => ({ store: new DurableMemory() })],
];

describe.each(stores)('a session asleep %s for which there is no place', (_, options) => {
  it('takes no notification and no answer either, and says so', async () => {
    const world = new FakeRuntime({ maxSessions: 1, ...options() });
    const client = await world.open();
    await sleep(world);
    const busy = await world.open();
    void busy.request('hold', {}, 1);
    await turn();
    const replies = [
      await client.notify('notifications/roots/list_changed'),
      await client.respond(7, {}),
    ];
    expect(replies.map(({ status }) => status)).toEqual([503, 503]);
    expect(replies[0]?.headers['retry-after']).toBeDefined();
    expect(world.runtime.deadLetters()).toMatchObject([
      { direction: 'in', kind: 'notification', reason: 'full' },
      { direction: 'in', kind: 'response', reason: 'full' },
    ]);
    expect(world.runtime.stats().refusals['at-capacity']).toBe(2);
    expect((await client.request('ping')).status).toBe(200);
  });
});

import { describe, expect, it } from 'vitest';
import { FakeRuntime } from '../support/fakeRuntime.ts';

describe('session.ended', () => {
  it('knows what the client called itself, awake or asleep, and writes it nowhere', async () => {
    const world = new FakeRuntime({ idleTimeoutMs: 1000, evictAfterMs: 1000 });
    const ended = world.record('session.ended');
    await (await world.open()).delete();
    await world.open();
    await world.clock.elapse(10_000);
    expect(ended.map(({ reason, client }) => [reason, client?.()])).toEqual([
      ['terminated', { name: expect.any(String), version: expect.any(String) }],
      ['expired', { name: expect.any(String), version: expect.any(String) }],
    ]);
    const { name = '' } = ended[0]?.client?.() ?? {};
    expect(name).not.toBe('');
    expect(JSON.stringify(ended)).not.toContain(`"${name}"`);
  });
});

import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { sleep } from '../support/sleep.ts';

/** A session whose first server owns something that takes its time to go. */
async function owning() {
  let release!: () => void;
  const world: FakeRuntime = new FakeRuntime({
    onSleep: () => {},
    server: (session) => {
      if (session.wakeCount === 0)
        session.own(() => new Promise<void>((resolve) => (release = resolve)));
      return world.serve();
    },
  });
  const ended = world.record('session.ended');
  const client = await world.open();
  await sleep(world);
  expect(world.runtime.stats().sessions.asleep).toBe(1);
  return { world, client, ended, release: () => release() };
}

describe('what a session owned', () => {
  it('is gone before its end is announced, also where it ends in its sleep', async () => {
    const { client, ended, release } = await owning();
    await client.delete();
    await turn();
    expect(ended).toEqual([]);
    release();
    await turn();
    expect(ended).toMatchObject([{ reason: 'terminated' }]);
  });

  it('is gone before its end is announced, also where it ends while its next server is built', async () => {
    const { world, client, ended, release } = await owning();
    void client.request('tools/list');
    await turn();
    await client.delete();
    await turn();
    expect([ended, world.servers.length]).toEqual([[], 1]);
    release();
    await turn();
    expect(ended).toMatchObject([{ reason: 'terminated' }]);
    expect(world.servers).toHaveLength(1);
  });
});

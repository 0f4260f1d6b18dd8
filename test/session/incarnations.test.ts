import { currentSession, sessionLocal } from 'mcp-actors';
import { expect, test } from 'vitest';
import { startRig } from '../support/rig.ts';

const name = sessionLocal(() => 'nobody');

test('Incarnations.release runs the releases of a session as part of that session', async () => {
  const { fixture, clock, runtime, ...rig } = await startRig('fetch', {
    idleTimeoutMs: 60_000,
    sleep: false,
  });
  const seen: [of: string, session: string, name: string][] = [];
  fixture.onBuild = (session) => {
    name.set(session.key);
    const look = (): number => seen.push([session.key, currentSession().key, name.get()]);
    session.own(look);
    session.signal.addEventListener('abort', look);
  };
  const deleted = await rig.connect();
  await rig.connect();
  await rig.connect();
  const keys = fixture.sessions.map(({ key }) => key);

  // By a request, which is no session's; then by one sweep for two sessions.
  await deleted.delete();
  await clock.elapse(120_000);

  expect(runtime.stats().evicted).toMatchObject({ terminated: 1, expired: 2 });
  for (const key of keys) {
    expect(seen.filter(([of]) => of === key)).toEqual([
      [key, key, key],
      [key, key, key],
    ]);
  }
});

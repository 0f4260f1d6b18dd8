import { describe, expect, it } from 'vitest';
import type { WireClient } from '../../support/wireClient.ts';
import { memoryHome, type MemoryHome } from './home.ts';
import { ClusterRig, textIn } from './rig.ts';

/** A cluster whose engine can take the lease of a process for over, while the process counts on it. */
async function begun(): Promise<{ readonly rig: ClusterRig; readonly home: MemoryHome }> {
  const home = await memoryHome();
  return { rig: await ClusterRig.start(async () => home), home };
}

async function say(
  rig: ClusterRig,
  client: WireClient,
  at: string,
  name: string,
  args: object = {},
): Promise<string> {
  rig.turnTo(at);
  const answer = await rig.over(client.call('tools/call', { name, arguments: args }));
  return textIn(answer) || String(answer.error?.data?.['code']);
}

/** A session that began in `a`, and goes on in `b` without a word to `a`. */
async function stolen() {
  const { rig, home } = await begun();
  const client = await rig.open('a', 'ann');
  expect(await say(rig, client, 'a', 'count')).toBe('1');
  await home.lapse('a');
  expect(await say(rig, client, 'b', 'count')).toBe('2');
  expect(rig.process('a').keys).toHaveLength(1);
  return { rig, client };
}

describe('what a process ends that another one goes on with', () => {
  it('is ended there by the DELETE of a client', async () => {
    const { rig, client } = await stolen();
    rig.turnTo('a');
    expect((await rig.over(client.delete())).status).toBe(204);
    for (const at of ['b', 'c', 'a']) {
      expect(await say(rig, client, at, 'count')).toBe('session-not-found');
    }
  });

  it.each(['evict', 'evictPrincipal'] as const)('is ended there by %s', async (how) => {
    const { rig, client } = await stolen();
    const { runtime } = rig.process('a');
    const ended =
      how === 'evict' ? runtime.evict(client.id!) : runtime.evictPrincipal('ann').then(Boolean);
    expect(await rig.over(ended)).toBe(true);
    for (const at of ['b', 'c', 'a']) {
      expect(await say(rig, client, at, 'count')).toBe('session-not-found');
    }
  });

  it('is destroyed there, where it is a handle', async () => {
    const { rig, home } = await begun();
    const [ann, other] = [await rig.open('a', 'ann'), await rig.open('b', 'ann')];
    const id = await say(rig, ann, 'a', 'openBook');
    await say(rig, ann, 'a', 'write', { id, text: 'one' });
    await home.lapse('a');
    expect(await say(rig, other, 'b', 'write', { id, text: 'two' })).toContain('"by":"b"');
    expect(await say(rig, ann, 'a', 'closeBook', { id })).toBe('closed');
    expect(await say(rig, other, 'b', 'write', { id, text: 'three' })).toMatch(/no such/);
  });
});

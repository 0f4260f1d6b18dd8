import { describe, expect, it } from 'vitest';
import { MessageSeal, SEAL_BYTES } from '../../src/cluster/messageSeal.ts';
import { more } from './frames.ts';
import { SECRET, World } from './postWorld.ts';

const OTHER = 'another secret of 32 characters.';
const LATER = 'a later secret of 32 characters.';

/** Two nodes, and the messages that the first has sent to the second. */
async function overheard(count = 1) {
  const world = new World();
  const [a, b] = [await world.node('a#1'), await world.node('b#1')];
  for (let n = 1; n <= count; n++) await a.post.post('b#1', more(n, 'a word between us'));
  return { world, a, b, message: world.messages.at(-1)! };
}

describe('a message between nodes', () => {
  it('can not be read on the way, and names its sender alone', async () => {
    const { message } = await overheard();
    const seen = message.toString('latin1');
    expect(seen).toContain('a#1');
    expect(seen).not.toMatch(/between|more|b#1/);
    expect(message.length).toBeLessThan(100 + SEAL_BYTES);
  });

  it('is never written twice the same', async () => {
    const { world } = await overheard(2);
    const [one, two] = world.messages.map((message) => message.toString('hex').slice(-40));
    expect(one).not.toBe(two);
  });

  it.each([1, 2])(
    'is heard once: of %d, the first is refused when it comes again',
    async (count) => {
      const { world, b } = await overheard(count);
      await world.forge('b#1', world.messages[0]!);
      expect(b.refused).toEqual(['replayed']);
      expect(b.heard).toHaveLength(count);
    },
  );

  it('is refused by a node it was not sent to, and by another incarnation of its receiver', async () => {
    const { world, b, message } = await overheard();
    const c = await world.node('c#1');
    await b.post.listen('b#2', (from, frame) => b.heard.push({ from, frame }));
    await world.forge('c#1', message);
    await world.forge('b#2', message);
    expect([c.refused, b.refused]).toEqual([['forged'], ['forged']]);
    expect(c.heard).toEqual([]);
    expect(b.heard).toHaveLength(1);
  });

  it('is refused under the name of another sender', async () => {
    const { world, b, message } = await overheard();
    const swapped = Buffer.from(message.toString('latin1').replace('a#1', 'c#1'), 'latin1');
    await world.forge('b#1', swapped);
    expect(b.refused).toEqual(['forged']);
  });

  it('is refused by a node of another cluster', async () => {
    const { world, message } = await overheard();
    const other = await world.node('b#1', { cluster: 'other:' });
    await world.forge('b#1', message);
    expect(other.refused).toEqual(['forged']);
  });

  it('is refused with any bit changed, and with any byte missing', async () => {
    const { world, b, message } = await overheard();
    for (let bit = 0; bit < message.length * 8; bit++) {
      const changed = Buffer.from(message);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      await world.forge('b#1', changed);
      expect(b.refused.at(-1)).toMatch(/^(?:malformed|unknown-secret|forged)$/);
    }
    for (let length = 0; length < message.length; length++) {
      await world.forge('b#1', message.subarray(0, length));
    }
    expect(b.refused).toHaveLength(message.length * 9);
    expect(b.heard).toHaveLength(1);
    // None of them has taken the place of what the sender says next.
    const { malformed, forged } = b.post.refused;
    expect([malformed > 0, forged > 0, b.post.refused.replayed]).toEqual([true, true, 0]);
  });

  it('does not move the counter of its sender where it was forged', async () => {
    const { world, a, b, message } = await overheard();
    const later = Buffer.from(message);
    later.writeBigUInt64BE(1000n, 5);
    await world.forge('b#1', later);
    expect(b.refused).toEqual(['forged']);
    expect(await a.post.post('b#1', more(2))).toBe(1);
    expect(b.heard).toHaveLength(2);
  });

  it('is refused without the secret', async () => {
    const { world, b } = await overheard();
    const stranger = await world.node('s#1', { secrets: [OTHER] });
    expect(await stranger.post.post('b#1', more(1))).toBe(1);
    expect(b.refused).toEqual(['unknown-secret']);
  });

  it('is refused where it was opened and can not be read', async () => {
    const { world, b } = await overheard();
    const seal = new MessageSeal('mcpa:', [SECRET]);
    await world.forge('b#1', seal.seal('n#1', 'b#1', Buffer.from('a later version')));
    expect(b.refused).toEqual(['malformed']);
  });

  it('goes both ways while a secret is replaced: all open, the first seals', async () => {
    const world = new World();
    const [old, both, late] = [
      await world.node('old#1', { secrets: [SECRET] }),
      await world.node('both#1', { secrets: [SECRET, LATER] }),
      await world.node('late#1', { secrets: [LATER, SECRET] }),
    ];
    const nodes = { 'old#1': old, 'both#1': both, 'late#1': late };
    for (const from of Object.values(nodes)) {
      for (const to of Object.keys(nodes)) await from.post.post(to, more(1));
    }
    expect(both.heard).toHaveLength(3);
    expect(late.heard).toHaveLength(3);
    // A node that has not heard of the new secret yet.
    expect(old.heard.map(({ from }) => from)).toEqual(['old#1', 'both#1']);
    expect(old.refused).toEqual(['unknown-secret']);
  });
});

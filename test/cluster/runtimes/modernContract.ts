import { describe, expect, it } from 'vitest';
import { ModernClient, textOf } from '../../support/modernClient.ts';
import type { Rpc } from '../../support/reply.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig } from './rig.ts';

/** What goes on with a call that has asked one thing. */
function answerTo({ result }: Rpc): Record<string, unknown> {
  const [key] = Object.keys(result?.['inputRequests'] ?? {});
  const inputResponses = { [key!]: { action: 'accept', content: {} } };
  return { inputResponses, requestState: result?.['requestState'] };
}

async function begun(
  make: MakeHome,
  options?: Parameters<typeof ClusterRig.start>[1],
): Promise<{ rig: ClusterRig; ann: ModernClient; bob: ModernClient }> {
  const rig = await ClusterRig.start(make, options);
  return {
    rig,
    ann: new ModernClient(rig.door, 'ann'),
    bob: new ModernClient(rig.door, 'bob'),
  };
}

/** What clients of the stateless revision have of a cluster, by any of its processes. */
export function modernContract(make: MakeHome): void {
  describe('a client of the stateless revision, whose every request goes to the next process', () => {
    it('has one home, which is its principal’s alone', async () => {
      const { rig, ann, bob } = await begun(make);
      for (const expected of ['1', '2', '3', '4', '5']) {
        expect(textOf(await rig.over(ann.call('count')))).toBe(expected);
      }
      for (const expected of ['1', '2']) {
        expect(textOf(await rig.over(bob.call('count')))).toBe(expected);
      }
      const keys = rig.living.flatMap((each) => each.keys);
      expect(keys).toHaveLength(2);
      expect(new Set(keys).size).toBe(2);
    });

    it('has one home also where its first requests come at once, and each runs once', async () => {
      const { rig, ann } = await begun(make);
      const calls = Array.from({ length: 9 }, () => ann.call('count'));
      const answers = await rig.over(Promise.all(calls));
      const counts = answers.map((answer) => Number(textOf(answer)));
      expect(counts.toSorted((x, y) => x - y)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(rig.begun).toHaveLength(9);
      expect(rig.living.flatMap((each) => each.keys)).toHaveLength(1);
    });

    it('finds its home when that slept, wherever it comes back', async () => {
      const { rig, ann } = await begun(make);
      for (const [i, name] of ['a', 'b', 'c', 'b'].entries()) {
        rig.turnTo(name);
        expect(textOf(await rig.over(ann.call('count')))).toBe(String(i + 1));
        await rig.sleep();
        expect(rig.living.flatMap((each) => each.keys)).toEqual([]);
      }
    });

    it('finds its home when the process of that died', async () => {
      const { rig, ann } = await begun(make);
      rig.turnTo('a');
      expect(textOf(await rig.over(ann.call('count')))).toBe('1');
      rig.process('a').kill();
      expect(textOf(await rig.over(ann.call('count'), 10))).toBe('2');
      expect(textOf(await rig.over(ann.call('count')))).toBe('3');
    });

    it('begins anew by any process when its home has ended', async () => {
      const { rig, ann } = await begun(make);
      for (const [ended, asked] of ['ab', 'bc', 'ca', 'ac']) {
        rig.turnTo(ended!);
        expect(textOf(await rig.over(ann.call('count')))).toBe('1');
        expect(await rig.over(rig.process(asked!).runtime.evictPrincipal('ann'))).toBe(1);
        rig.turnTo(asked!);
        expect(textOf(await rig.over(ann.call('count')))).toBe('1');
        // Where the one before ended, too.
        rig.turnTo(ended!);
        expect(textOf(await rig.over(ann.call('count')))).toBe('2');
        expect(await rig.over(rig.process(ended!).runtime.evictPrincipal('ann'))).toBe(1);
      }
    });

    it('goes on with a call that asks, by another process', async () => {
      const { rig, ann, bob } = await begun(make);
      for (const [asked, answered] of ['ab', 'bc', 'ca']) {
        rig.turnTo(asked!);
        const first = await rig.over(ann.call('ask', { text: 'sure?' }));
        expect(first.result?.['resultType']).toBe('input_required');
        const more = answerTo(first);
        // Nobody else's.
        rig.turnTo(answered!);
        const foreign = await rig.over(bob.call('ask', { text: 'sure?' }, more));
        expect(textOf(foreign)).not.toBe('sure?: accept');
        rig.turnTo(answered!);
        const second = await rig.over(ann.call('ask', { text: 'sure?' }, more));
        expect(textOf(second)).toBe('sure?: accept');
      }
    });

    it('goes on with a call that asks also where nobody knows whose it is', async () => {
      const { rig } = await begun(make);
      const nobody = new ModernClient(rig.door);
      rig.turnTo('a');
      const first = await rig.over(nobody.call('ask', { text: 'sure?' }));
      const more = answerTo(first);
      rig.turnTo('c');
      const second = await rig.over(nobody.call('ask', { text: 'sure?' }, more));
      expect(textOf(second)).toBe('sure?: accept');
      // A token is used once.
      rig.turnTo('b');
      const third = await rig.over(nobody.call('ask', { text: 'sure?' }, more), 10);
      expect(textOf(third)).not.toBe('sure?: accept');
      expect(rig.begun).toEqual(['a ask']);
    });

    it('is told that a call is lost whose process died, and is not answered by another', async () => {
      const { rig, ann } = await begun(make);
      rig.turnTo('a');
      const first = await rig.over(ann.call('ask', { text: 'sure?' }));
      rig.process('a').kill();
      const more = answerTo(first);
      const second = await rig.over(ann.call('ask', { text: 'sure?' }, more), 10);
      expect(second.result ?? second.error).not.toBeUndefined();
      expect(textOf(second)).not.toBe('sure?: accept');
      await rig.home.pass(rig.home.leaseMs);
      const third = await rig.over(ann.call('ask', { text: 'sure?' }, more), 10);
      expect(textOf(third)).toContain('unknown');
      expect(rig.begun).toEqual(['a ask']);
    });

    it('is told that a call is lost whose process lives, and has its home no more', async () => {
      const { rig, ann } = await begun(make);
      const a = rig.process('a');
      rig.turnTo('a');
      const first = await rig.over(ann.call('ask', { text: 'sure?' }));
      a.joined.cut();
      a.isAway = true;
      await rig.until(() => !a.runtime.isReady, 10);
      rig.turnTo('b');
      expect(textOf(await rig.over(ann.call('count'), 10))).toBe('1');
      a.joined.mend();
      await rig.until(() => a.runtime.isReady, 10);
      rig.turnTo('c');
      const second = await rig.over(ann.call('ask', { text: 'sure?' }, answerTo(first)), 10);
      expect(textOf(second)).toContain('unknown');
      expect(rig.begun).toEqual(['a ask', 'b count']);
    });

    it('has a call run again only where its process is gone, also where that is allowed', async () => {
      const { rig, ann } = await begun(make, { modern: { onLostCall: 'rerun' } });
      rig.turnTo('a');
      const first = await rig.over(ann.call('ask', { text: 'sure?' }));
      rig.turnTo('b');
      const second = await rig.over(ann.call('ask', { text: 'sure?' }, answerTo(first)));
      expect([textOf(second), rig.begun]).toEqual(['sure?: accept', ['a ask']]);
      rig.turnTo('a');
      const third = await rig.over(ann.call('ask', { text: 'sure?' }));
      rig.process('a').kill();
      await rig.home.pass(rig.home.leaseMs + 100);
      const fourth = await rig.over(ann.call('ask', { text: 'sure?' }, answerTo(third)), 10);
      expect(textOf(fourth)).toBe('sure?: accept');
      expect(rig.begun.slice(0, 2)).toEqual(['a ask', 'a ask']);
      expect(rig.begun).toHaveLength(3);
    });

    it('knows the server by any process, without a home', async () => {
      const { rig, ann } = await begun(make);
      for (const name of ['a', 'b', 'c']) {
        rig.turnTo(name);
        const { result } = await rig.over(ann.ask('tools/list'));
        expect(result).toMatchObject({
          tools: expect.arrayContaining([expect.objectContaining({ name: 'count' })]),
        });
      }
    });
  });
}

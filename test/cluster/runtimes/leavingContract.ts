import { describe, expect, it } from 'vitest';
import { answerOf, type WireClient } from '../../support/wireClient.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold, textIn } from './rig.ts';

const count = (client: WireClient): Promise<string> =>
  client.call('tools/call', { name: 'count' }).then(textIn);

const ask = (text: string): Record<string, unknown> => ({ name: 'ask', arguments: { text } });

/** What becomes of sessions whose process leaves its cluster. */
export function leavingContract(make: MakeHome): void {
  describe('a process that leaves its cluster', () => {
    it('hands its sessions over: they go on elsewhere at once', async () => {
      const rig = await ClusterRig.start(make);
      const clients = [await rig.open('a'), await rig.open('a'), await rig.open('b')];
      for (const client of clients) await rig.over(count(client));
      const { runtime } = rig.process('a');
      const kept: string[] = [];
      runtime.on('session.kept', ({ session }) => kept.push(session));
      await rig.over(runtime.drain({ deadlineMs: 5000 }));
      expect(kept).toHaveLength(2);
      expect(rig.process('a').keys).toEqual([]);
      const before = rig.home.clock?.now() ?? performance.now();
      for (const client of clients) {
        rig.turnTo('c');
        expect(await rig.over(count(client))).toBe('2');
      }
      const tookMs = (rig.home.clock?.now() ?? performance.now()) - before;
      expect(tookMs).toBeLessThan(rig.home.leaseMs);
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([0, 1, 2]);
    });

    it('36: forwards while it drains, and claims and opens nothing', async () => {
      const rig = await ClusterRig.start(make);
      const [mine, other, asleep] = [await rig.open('a'), await rig.open('b'), await rig.open('c')];
      await rig.sleep();
      rig.turnTo('b');
      await rig.over(count(other));
      const { runtime } = rig.process('a');
      rig.turnTo('a');
      const held = mine.request('tools/call', hold('x'), 'x');
      await rig.over(rig.gates.reached('x'));
      const drained = runtime.drain({ deadlineMs: 60_000 });
      await rig.until(() => !runtime.isReady);
      for (const [client, expected] of [
        [other, '2'],
        [other, '3'],
        [asleep, '1'],
      ] as const) {
        rig.turnTo('a');
        expect(await rig.over(count(client))).toBe(expected);
      }
      expect(rig.process('a').keys).toHaveLength(1);
      rig.turnTo('a');
      const refused = await rig.over(rig.client().initialize());
      expect(refused.status).toBe(503);
      // What runs may finish, and be asked about by the others.
      rig.turnTo('c');
      const cancel = { requestId: 'nothing' };
      expect((await rig.over(mine.notify('notifications/cancelled', cancel))).status).toBe(202);
      rig.turnTo('b');
      const waits = mine.call('tools/call', { name: 'where' });
      rig.gates.open('x');
      const reply = await rig.over(held.then((each) => each.whole()));
      expect(textIn(answerOf(reply))).toBe('held x');
      await rig.over(drained);
      // What is new waits for the next owner.
      expect(textIn(await rig.over(waits))).toBe('b');
      rig.turnTo('b');
      expect(await rig.over(count(mine))).toBe('1');
    });

    it('takes the answers to what its sessions have asked', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a', undefined, undefined, { elicitation: { form: {} } });
      rig.turnTo('a');
      const reply = await rig.over(client.request('tools/call', ask('wait')));
      await rig.over(reply.until(({ messages }) => messages.length > 0));
      const drained = rig.process('a').runtime.drain({ deadlineMs: 60_000 });
      await rig.until(() => !rig.process('a').runtime.isReady);
      rig.turnTo('b');
      const answer = { action: 'accept', content: {} };
      expect((await rig.over(client.respond(reply.message.id, answer))).status).toBe(202);
      expect(textIn(answerOf(await rig.over(reply.whole())))).toBe('wait: accept');
      await rig.over(drained);
    });

    it('answers a call that lasts longer than the drain with one error, and never runs it again', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      for (const by of ['a', 'b']) {
        const gate = `by ${by}`;
        rig.turnTo(by);
        const call = client.call('tools/call', hold(gate), gate);
        await rig.over(rig.gates.reached(gate));
        const owner = rig.living.find(({ keys }) => keys.length > 0)!;
        const drained = owner.runtime.drain({ deadlineMs: 500 });
        const { error } = await rig.over(call);
        expect(error?.code).toBe(-32603);
        await rig.over(drained);
        rig.turnTo('c');
        await rig.over(count(client));
        if (by === 'a') break;
      }
      expect(rig.begun.filter((text) => text.endsWith('hold'))).toHaveLength(1);
    });

    it('18: loses nothing under load, one process after the other', async () => {
      const rig = await ClusterRig.start(make);
      const clients: WireClient[] = [];
      for (let i = 0; i < 9; i++) clients.push(await rig.open('abc'[i % 3]!));
      const wrong: unknown[] = [];
      const over = new AbortController();
      const counts = clients.map(() => 0);
      const work = clients.map(async (client, i) => {
        while (!over.signal.aborted) {
          const answer = await client.call('tools/call', { name: 'count' });
          if (textIn(answer) === String(counts[i]! + 1)) counts[i]!++;
          else wrong.push(answer);
          if (wrong.length > 9) return;
        }
      });
      for (const name of ['a', 'b', 'c']) {
        await rig.until(() => counts.every((each) => each > 0));
        const next = await rig.join(`${name}2`);
        const leaving = rig.process(name);
        await rig.over(leaving.runtime.drain({ deadlineMs: 5000 }));
        // Behind a balancer that has heard of it.
        leaving.isAway = true;
        const reached = counts.map((each) => each + 3);
        await rig.until(() => counts.every((each, i) => each >= reached[i]! || wrong.length > 0));
        await rig.over(leaving.host.close({ deadlineMs: 1 }));
        expect(next.runtime.isReady).toBe(true);
      }
      over.abort();
      await rig.over(Promise.all(work));
      expect(wrong).toEqual([]);
    });

    it('is gone at once where it was closed: nobody waits for its lease', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      await rig.over(count(client));
      const leaving = rig.process('a');
      leaving.isAway = true;
      await rig.over(leaving.host.close({ deadlineMs: 1 }));
      const before = rig.home.clock?.now() ?? performance.now();
      expect(await rig.over(count(client))).toBe('2');
      const tookMs = (rig.home.clock?.now() ?? performance.now()) - before;
      expect(tookMs).toBeLessThan(rig.home.leaseMs / 2);
    });

    it('ends a GET stream that another process carries, and the client comes back by a third', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      rig.turnTo('b');
      const get = await rig.over(client.get());
      await rig.over(client.call('tools/call', { name: 'tell', arguments: { text: 'one' } }));
      await rig.over(get.until(({ messages }) => messages.length === 2));
      await rig.over(rig.process('a').runtime.drain({ deadlineMs: 1000 }));
      rig.process('a').isAway = true;
      rig.turnTo('c');
      await rig.over(client.call('tools/call', { name: 'tell', arguments: { text: 'two' } }));
      await rig.until(() => get.end !== undefined || get.messages.length === 4, 10);
      if (get.end !== undefined) {
        const rest = await rig.over(client.get({ 'last-event-id': get.ids.at(-1)! }));
        await rig.over(rest.until(({ messages }) => messages.length === 2));
      }
      expect(rig.living.flatMap(({ keys }) => keys)).toHaveLength(1);
    });
  });
}

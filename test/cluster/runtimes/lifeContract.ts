import { describe, expect, it } from 'vitest';
import { answerOf, WireClient } from '../../support/wireClient.ts';
import type { Rpc } from '../../support/reply.ts';
import { Gates } from '../../support/gates.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold, textIn } from './rig.ts';

const count = (client: WireClient): Promise<string> =>
  client.call('tools/call', { name: 'count' }).then(textIn);

/** How sessions of a cluster live, sleep, move and end. */
export function lifeContract(make: MakeHome): void {
  describe('a session of a cluster', () => {
    it('that sleeps is nobody’s, and wakes where its client comes back', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      const counts: string[] = [];
      for (const name of ['b', 'c', 'a', 'c']) {
        rig.turnTo(name);
        counts.push(await rig.over(count(client)));
        await rig.sleep();
        expect(rig.living.flatMap(({ keys }) => keys)).toEqual([]);
      }
      expect(counts).toEqual(['1', '2', '3', '4']);
      expect(rig.living.map(({ runtime }) => runtime.stats().sessions.asleep)).toEqual([0, 0, 0]);
    });

    it('keeps what onSleep returned, for onWake in another process', async () => {
      const woken: unknown[] = [];
      const rig = await ClusterRig.start(make, {
        onSleep: (session) => ({ was: session.state.count }),
        onWake: (_session, { kept, cause }) => void woken.push([kept, cause]),
      });
      const client = await rig.open('a');
      await rig.over(count(client));
      await rig.sleep();
      rig.turnTo('b');
      expect(await rig.over(count(client))).toBe('2');
      expect(woken).toEqual([[{ was: 1 }, 'slept']]);
    });

    it('that is attached sleeps where it is, and wakes there', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      rig.turnTo('c');
      const get = await rig.over(client.get());
      await rig.sleep();
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([1, 0, 0]);
      rig.turnTo('b');
      const tell = { name: 'tell', arguments: { text: 'awake' } };
      await rig.over(client.call('tools/call', tell));
      await rig.over(get.until(({ messages }) => messages.length > 0));
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([1, 0, 0]);
    });

    it('expires by one process, once, and is unknown to all', async () => {
      const rig = await ClusterRig.start(make, { evictAfterMs: 5000 });
      const ended: unknown[] = [];
      for (const { name, runtime } of rig.processes) {
        runtime.on('session.ended', ({ reason }) => ended.push([name, reason]));
      }
      const client = await rig.open('a');
      await rig.sleep();
      await rig.until(() => ended.length > 0, 100);
      await rig.home.pass(1000);
      expect(ended).toHaveLength(1);
      expect(ended[0]).toContain('expired');
      for (const name of ['a', 'b', 'c']) {
        rig.turnTo(name);
        expect((await rig.over(client.request('ping'))).status).toBe(404);
      }
    });

    it('2: goes on after its process was killed, when its lease is over, with what was stored', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      for (const expected of ['1', '2']) expect(await rig.over(count(client))).toBe(expected);
      const events: unknown[] = [];
      for (const { name, runtime } of rig.processes) {
        runtime.on('cluster.takeover', ({ session }) => events.push([name, session]));
      }
      const [key] = rig.process('a').keys;
      rig.process('a').kill();
      rig.turnTo('b');
      const third = count(client);
      let isAnswered = false;
      third.then(() => (isAnswered = true)).catch(() => {});
      await rig.home.pass(rig.home.leaseMs * 0.6);
      expect(isAnswered).toBe(false);
      expect(await rig.over(third, 10)).toBe('3');
      expect(events).toEqual([['b', key]]);
      rig.turnTo('c');
      expect(await rig.over(count(client))).toBe('4');
      expect(rig.ownerOf(key!)?.name).toBe('b');
    });

    it('12: a call that had begun when its process was killed is an error, and runs once', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      rig.turnTo('b');
      const begun = client.call('tools/call', hold('never'), 'begun');
      await rig.over(rig.gates.reached('never'));
      rig.process('a').kill();
      rig.turnTo('c');
      const waiting = client.call('tools/call', { name: 'where' }, 'not begun');
      const [lost, served]: Rpc[] = await rig.over(Promise.all([begun, waiting]), 10);
      expect(lost!.error?.code).toBe(-32603);
      expect(textIn(served!)).toBe('c');
      expect(rig.begun.filter((text) => text.endsWith('hold'))).toEqual(['a hold']);
    });

    it('begins no call in a process that lost its lease while the session woke there', async () => {
      const gates = new Gates();
      let wakes = 0;
      const rig = await ClusterRig.start(make, {
        onWake: async () => {
          if (++wakes === 1) await gates.pass('first', new AbortController().signal);
        },
      });
      const client = await rig.open('a');
      await rig.sleep();
      rig.turnTo('b');
      const stashed = client.call('tools/call', { name: 'where' }, 'stashed').then(
        (answer) => answer.error?.code,
        () => 'broken',
      );
      await rig.over(gates.reached('first'));
      rig.process('b').joined.cut();
      await rig.home.pass(rig.home.leaseMs + 500);
      rig.turnTo('c');
      expect(textIn(await rig.over(client.call('tools/call', { name: 'where' }), 10))).toBe('c');
      gates.open('first');
      await rig.home.pass(500);
      expect(rig.begun).toEqual(['c where']);
      rig.process('b').joined.mend();
      expect(await rig.over(stashed, 10)).toBe(-32603);
      expect(rig.begun).toEqual(['c where']);
    });

    it('37: its stream goes on by the next owner, for a client that notices nothing', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      rig.turnTo('b');
      const get = await rig.over(client.get());
      await rig.over(client.call('tools/call', { name: 'tell', arguments: { text: 'one' } }));
      await rig.over(get.until(({ messages }) => messages.length === 2));
      rig.process('a').kill();
      rig.turnTo('c');
      await rig.over(client.call('tools/call', { name: 'tell', arguments: { text: 'two' } }), 10);
      await rig.over(
        get.until(({ messages }) => messages.length === 4),
        10,
      );
      expect(get.end).toBeUndefined();
      const data = get.messages.flatMap(({ params }) => params?.['data'] ?? []);
      expect(data).toEqual(['one', 'two']);
    });

    it('1: a herd of 200 on a dead owner wakes it once, and on a new id finds nothing', async () => {
      const rig = await ClusterRig.start(make, {
        cluster: { maxForwardsPerSession: 200 },
        maxInFlight: 256,
      });
      const client = await rig.open('a');
      await rig.over(count(client));
      rig.process('a').kill();
      const herd = Array.from({ length: 200 }, (_, i) =>
        client.call('tools/list', {}, `herd ${i}`),
      );
      const answers = await rig.over(Promise.all(herd), 10);
      expect(answers.flatMap(({ error }) => error ?? [])).toEqual([]);
      const woken = rig.living.map(({ runtime }) => runtime.stats().woken);
      expect(woken.toSorted((x, y) => x - y)).toEqual([0, 1]);
      client.id = 'y'.repeat(26);
      const nowhere = Array.from({ length: 200 }, () => client.request('ping'));
      const statuses = (await rig.over(Promise.all(nowhere))).map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([404]));
    });

    it('11: of a process that was cut off past its lease goes on elsewhere, and leaves that process', async () => {
      const rig = await ClusterRig.start(make);
      const a = rig.process('a');
      const client = await rig.open('a');
      await rig.over(count(client));
      const moved: string[] = [];
      const ended: string[] = [];
      a.runtime.on('session.moved', ({ session }) => moved.push(session));
      a.runtime.on('session.ended', ({ session }) => ended.push(session));
      a.joined.cut();
      rig.turnTo('b');
      expect(await rig.over(count(client), 10)).toBe('2');
      expect(a.runtime.isReady).toBe(false);
      a.joined.mend();
      await rig.until(() => a.runtime.isReady, 10);
      expect([a.keys, moved.length, ended]).toEqual([[], 1, []]);
      // 31: nothing is left of it that would answer.
      rig.turnTo('a');
      expect(await rig.over(count(client))).toBe('3');
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([0, 1, 0]);
    });

    it('9: of a process that was cut off for less than its lease stays, and 7: is asserted', async () => {
      const rig = await ClusterRig.start(make);
      const a = rig.process('a');
      const client = await rig.open('a');
      await rig.over(count(client));
      a.joined.cut();
      await rig.home.pass(rig.home.leaseMs * 0.4);
      a.joined.mend();
      await rig.until(() => a.runtime.isReady, 10);
      for (const name of ['a', 'b']) {
        rig.turnTo(name);
        await rig.over(count(client));
      }
      expect(await rig.over(count(client))).toBe('4');
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([1, 0, 0]);
    });

    it('34: an answer waits while what it was computed from can not be stored', async () => {
      const rig = await ClusterRig.start(make);
      const a = rig.process('a');
      const client = await rig.open('a');
      a.joined.cut();
      rig.turnTo('a');
      const call = client.request('tools/call', { name: 'count' }, 'waits');
      await rig.home.pass(rig.home.leaseMs * 0.4);
      await rig.until(() => rig.begun.length > 0);
      // What lasts is a stream, which has begun, and says nothing.
      const reply = await rig.over(call);
      expect([reply.messages, reply.end]).toEqual([[], undefined]);
      a.joined.mend();
      expect(textIn(answerOf(await rig.over(reply.whole(), 10)))).toBe('1');
    });

    it('is not ready where its process has lost the others, and answers 503 after a while', async () => {
      const rig = await ClusterRig.start(make, { cluster: { suspendMs: 2000 } });
      const client = await rig.open('a');
      const { runtime, joined } = rig.process('a');
      expect(runtime.isReady).toBe(true);
      joined.cut();
      await rig.until(() => !runtime.isReady, 10);
      const another = new WireClient(rig.doorOf('a'));
      client.door.send = (ask) => rig.doorOf('a').send(ask);
      const asked = [another.initialize(), client.request('ping')];
      const replies = await rig.over(Promise.all(asked), 10);
      expect(replies.map(({ status }) => status)).toEqual([503, 503]);
      for (const { headers } of replies) expect(headers['retry-after']).toBe('1');
      joined.mend();
      await rig.until(() => runtime.isReady, 10);
      expect((await rig.over(client.request('ping'))).status).toBe(200);
    });

    it('22: is there after the engine has forgotten all, where its owner lives', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      await rig.over(count(client));
      await rig.home.wipe();
      await rig.home.pass(rig.home.leaseMs * 2);
      await rig.until(() => rig.living.every(({ runtime }) => runtime.isReady), 10);
      for (const [name, expected] of [
        ['b', '2'],
        ['c', '3'],
        ['a', '4'],
      ] as const) {
        rig.turnTo(name);
        expect(await rig.over(count(client), 10)).toBe(expected);
      }
      // 4: the record, not only the owner.
      await rig.sleep();
      rig.turnTo('c');
      expect(await rig.over(count(client), 10)).toBe('5');
    });
  });
}

import { describe, expect, it } from 'vitest';
import { answerOf, WireClient } from '../../support/wireClient.ts';
import type { Reply } from '../../support/reply.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold, textIn } from './rig.ts';

/** What a session is on the wire of a cluster, whichever process is asked. */
export function wireContract(make: MakeHome): void {
  describe('a session of a cluster, on the wire', () => {
    it('has one id and one key in all processes', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('b');
      const said = new Set<string>();
      for (const name of ['a', 'b', 'c']) {
        rig.turnTo(name);
        said.add(textIn(await rig.over(client.call('tools/call', { name: 'who' }))));
      }
      expect([...said].map((text) => JSON.parse(text) as object)).toMatchObject([
        { id: client.id },
      ]);
    });

    it('answers a batch of 2025-03-26, each request once', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a', undefined, '2025-03-26');
      rig.turnTo('b');
      const batch = [1, 2, 3].map((id) => ({
        jsonrpc: '2.0',
        id,
        method: 'tools/call',
        params: { name: 'count' },
      }));
      const reply = await rig.over(client.post([...batch, { jsonrpc: '2.0', method: 'x/told' }]));
      await rig.over(reply.whole());
      const answers = reply.messages.filter(({ method }) => method === undefined);
      expect(answers.map(({ id }) => Number(id)).toSorted((x, y) => x - y)).toEqual([1, 2, 3]);
      expect(answers.map(textIn).toSorted()).toEqual(['1', '2', '3']);
    });

    it('is unknown to a stranger, by each process and each method', async () => {
      const rig = await ClusterRig.start(make);
      const ann = await rig.open('a', 'ann');
      const bob = await rig.open('b', 'bob');
      const stranger = new WireClient(rig.door, { headers: { 'x-user': 'bob' } });
      stranger.id = ann.id;
      const nobody = new WireClient(rig.door, { headers: { 'x-user': 'bob' } });
      nobody.id = 'x'.repeat(26);
      const refusal = async (client: WireClient): Promise<unknown[]> => {
        const replies = [
          await rig.over(client.request('tools/list', {}, 1)),
          await rig.over(client.get()),
          await rig.over(client.delete()),
        ];
        for (const reply of replies) await rig.over(reply.whole());
        return replies.map(({ status, text }) => [status, text]);
      };
      for (const name of ['a', 'b', 'c']) {
        const theirs: unknown[] = [];
        const none: unknown[] = [];
        for (const [client, refused] of [
          [stranger, theirs],
          [nobody, none],
        ] as const) {
          client.door.send = (ask) => rig.doorOf(name).send(ask);
          refused.push(...(await refusal(client)));
        }
        expect(theirs).toEqual(none);
        expect(theirs.map((each) => (each as [number])[0])).toEqual([404, 404, 404]);
      }
      expect((await rig.over(ann.request('ping'))).status).toBe(200);
      expect((await rig.over(bob.request('ping'))).status).toBe(200);
      // A stranger's request has not so much as woken it.
      await rig.sleep();
      rig.turnTo('b');
      expect((await rig.over(stranger.request('ping'))).status).toBe(404);
      expect(rig.living.flatMap(({ keys }) => keys)).toEqual([]);
    });

    it('goes on with a stream by the id of its last event, at each process', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      rig.turnTo('b');
      const params = { name: 'progress', arguments: { text: 'x' }, _meta: { progressToken: 7 } };
      const reply = await rig.over(client.request('tools/call', params, 7));
      await rig.over(reply.until(({ messages }) => messages.length === 2));
      const last = reply.ids.at(-2)!;
      reply.leave();
      rig.turnTo('c');
      const rest = await rig.over(client.get({ 'last-event-id': last }));
      await rig.over(rest.until(({ messages }) => messages.length > 0));
      rig.gates.open('x');
      await rig.over(rest.whole());
      const told = rest.messages.map((each) => each.params?.['progress']);
      expect(told).toEqual([2, 3, undefined]);
      expect(answerOf(rest).id).toBe(7);
    });

    it('21: knows no event of another session or principal, by any process', async () => {
      const rig = await ClusterRig.start(make);
      const [ann, bob] = [await rig.open('a', 'ann'), await rig.open('b', 'bob')];
      const params = { name: 'progress', arguments: { text: 'x' }, _meta: { progressToken: 7 } };
      const reply = await rig.over(ann.request('tools/call', params, 7));
      await rig.over(reply.until(({ ids }) => ids.length > 1));
      const [, event] = reply.ids;
      const own = new WireClient(rig.door, { headers: { 'x-user': 'bob' } });
      own.id = ann.id;
      for (const name of ['a', 'b', 'c']) {
        rig.turnTo(name);
        const foreign = await rig.over(bob.get({ 'last-event-id': event! }));
        expect([foreign.status, foreign.isStream]).toEqual([400, false]);
        rig.turnTo(name);
        expect((await rig.over(own.get({ 'last-event-id': event! }))).status).toBe(404);
      }
      rig.gates.open('x');
      await rig.over(reply.whole());
      expect(textIn(answerOf(reply))).toBe('progressed');
    });

    it('has one GET stream, which a later one takes over by another process', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      const gets: Reply[] = [];
      for (const name of ['b', 'c', 'a', 'b']) {
        rig.turnTo(name);
        gets.push(await rig.over(client.get()));
      }
      await rig.over(client.call('tools/call', { name: 'tell', arguments: { text: 'hello' } }));
      await rig.over(gets[3]!.until(({ messages }) => messages.length === 2));
      for (const get of gets.slice(0, 3)) {
        await rig.over(get.whole());
        expect(get.messages).toEqual([]);
      }
    });

    it('38: finds a request that is cancelled by another process before it came', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      for (const [asked, cancelled] of ['ab', 'bc', 'ba', 'cb']) {
        const gate = `${asked}${cancelled}`;
        rig.turnTo(asked!);
        const call = client.request('tools/call', hold(gate), gate);
        rig.turnTo(cancelled!);
        const cancel = await rig.over(
          client.notify('notifications/cancelled', { requestId: gate }),
        );
        expect(cancel.status).toBe(202);
        const reply = await rig.over(call);
        // No answer, whichever came first.
        await rig.over(reply.whole());
        expect(reply.messages).toEqual([]);
      }
      const { runtime } = rig.process('a');
      expect(runtime.stats().inFlight).toBe(0);
    });

    it('refuses a request id that is in flight, by another process', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      const first = client.request('tools/call', hold('x'), 5);
      await rig.over(rig.gates.reached('x'));
      const second = await rig.over(client.request('tools/call', hold('y'), 5));
      expect(second.status).toBe(400);
      rig.gates.open('x');
      expect(textIn(answerOf(await rig.over(first.then((reply) => reply.whole()))))).toBe('held x');
    });

    it('asks by ids that never repeat, and its epochs grow, from process to process', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a', undefined, undefined, { elicitation: { form: {} } });
      const ids: unknown[] = [];
      const epochs: number[] = [];
      for (const name of ['b', 'c', 'a', 'b']) {
        await rig.sleep();
        rig.turnTo(name);
        const params = { name: 'ask', arguments: { text: name } };
        const reply = await rig.over(client.request('tools/call', params));
        await rig.over(reply.until(({ messages }) => messages.length > 0));
        ids.push(reply.message.id);
        await rig.over(client.respond(reply.message.id, { action: 'accept', content: {} }));
        await rig.over(reply.whole());
        expect(textIn(answerOf(reply))).toBe(`${name}: accept`);
        const { sessions } = await rig.over(rig.process('a').runtime.list());
        expect(sessions).toMatchObject([{ node: name }]);
        epochs.push(sessions[0]!.epoch);
      }
      expect(new Set(ids).size).toBe(4);
      expect(epochs).toEqual(epochs.toSorted((x, y) => x - y));
      expect(new Set(epochs).size).toBe(4);
      // The answer to a question of an earlier server is nobody's.
      await rig.over(client.respond(ids[0], { action: 'accept', content: {} }));
      const letters = rig.processes.flatMap(({ runtime }) => runtime.deadLetters());
      expect(letters.map(({ reason }) => reason)).toEqual(['stale']);
    });
  });
}

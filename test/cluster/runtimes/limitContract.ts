import { describe, expect, it } from 'vitest';
import type { Rpc } from '../../support/reply.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold, type Process, textIn } from './rig.ts';

const BUSY = { code: -32000, data: { code: 'session-busy' } };

function limitsOf({ runtime }: Process): string[] {
  const limits: string[] = [];
  runtime.on('limit', ({ limit }) => limits.push(limit));
  return limits;
}

/** The limits of what processes do for each other. */
export function limitContract(make: MakeHome): void {
  describe('a limit of a cluster', () => {
    it.each(['maxForwards', 'maxForwardsPerSession'] as const)(
      '%s refuses what is more, and goes on',
      async (limit) => {
        const rig = await ClusterRig.start(make, { cluster: { [limit]: 2 } });
        const client = await rig.open('a');
        const tripped = limitsOf(rig.process('b'));
        const calls: Promise<Rpc>[] = [];
        for (const gate of ['one', 'two', 'three']) {
          rig.turnTo('b');
          calls.push(client.call('tools/call', hold(gate), gate));
          if (gate !== 'three') await rig.over(rig.gates.reached(gate));
        }
        expect((await rig.over(calls[2]!)).error).toMatchObject(BUSY);
        expect(tripped).toEqual([limit]);
        expect(rig.process('b').runtime.stats().refusals['session-busy']).toBe(1);
        // By another process there is room.
        rig.turnTo('c');
        expect(textIn(await rig.over(client.call('tools/call', { name: 'where' })))).toBe('a');
        for (const gate of ['one', 'two']) rig.gates.open(gate);
        const answers = await rig.over(Promise.all(calls.slice(0, 2)));
        expect(answers.map(textIn)).toEqual(['held one', 'held two']);
        rig.turnTo('b');
        expect(textIn(await rig.over(client.call('tools/call', { name: 'where' })))).toBe('a');
      },
    );

    it('maxServed refuses what is more, and goes on', async () => {
      const rig = await ClusterRig.start(make, { cluster: { maxServed: 2 } });
      const client = await rig.open('a');
      const tripped = limitsOf(rig.process('a'));
      const calls: Promise<Rpc>[] = [];
      for (const [gate, name] of [
        ['one', 'b'],
        ['two', 'c'],
        ['three', 'b'],
      ] as const) {
        rig.turnTo(name);
        calls.push(client.call('tools/call', hold(gate), gate));
        if (gate !== 'three') await rig.over(rig.gates.reached(gate));
      }
      expect((await rig.over(calls[2]!)).error).toMatchObject(BUSY);
      expect(tripped).toEqual(['maxServed']);
      // The process itself has room for its own clients.
      rig.turnTo('a');
      expect(textIn(await rig.over(client.call('tools/call', { name: 'where' })))).toBe('a');
      for (const gate of ['one', 'two']) rig.gates.open(gate);
      const answers = await rig.over(Promise.all(calls.slice(0, 2)));
      expect(answers.map(textIn)).toEqual(['held one', 'held two']);
      rig.turnTo('b');
      expect(textIn(await rig.over(client.call('tools/call', { name: 'where' })))).toBe('a');
    });

    it('maxRecordBytes ends no call in silence, and the session has what was answered', async () => {
      const rig = await ClusterRig.start(make, { cluster: { maxRecordBytes: 4000 } });
      const client = await rig.open('a');
      const note = (text: string): Promise<Rpc> =>
        rig.over(client.call('tools/call', { name: 'remember', arguments: { text } }));
      const large = 'x'.repeat(5000);
      const tooLarge = { code: -32603, data: { code: 'state-too-large' } };
      expect(textIn(await note('small'))).toBe('1');
      expect((await note(large)).error).toMatchObject(tooLarge);
      // Whatever it is about, an answer would rest on what no other process has.
      expect((await rig.over(client.call('tools/list'))).error).toMatchObject(tooLarge);
      expect(textIn(await note('small again'))).toBe('3');
      expect((await note(large)).error).toMatchObject(tooLarge);
      rig.process('a').kill();
      expect(textIn(await rig.over(client.call('tools/call', { name: 'count' }), 10))).toBe('4');
    });

    it('maxInFlight is the session’s, whichever processes its requests come by', async () => {
      const rig = await ClusterRig.start(make, { maxInFlight: 2 });
      const client = await rig.open('a');
      const calls: Promise<Rpc>[] = [];
      for (const [gate, name] of [
        ['one', 'a'],
        ['two', 'b'],
        ['three', 'c'],
      ] as const) {
        rig.turnTo(name);
        calls.push(client.call('tools/call', hold(gate), gate));
        if (gate !== 'three') await rig.over(rig.gates.reached(gate));
      }
      expect((await rig.over(calls[2]!)).error).toMatchObject(BUSY);
      for (const gate of ['one', 'two']) rig.gates.open(gate);
      await rig.over(Promise.all(calls));
    });
  });
}

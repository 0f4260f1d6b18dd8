import { describe, expect, it } from 'vitest';
import type { Reply } from '../../support/reply.ts';
import { WireClient } from '../../support/wireClient.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold } from './rig.ts';

/** The answers of all processes to a ping of the session. */
async function pings(rig: ClusterRig, client: WireClient): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (const { name } of rig.living) {
    rig.turnTo(name);
    const reply = await rig.over(client.request('ping'));
    replies.push(await rig.over(reply.whole()));
  }
  return replies;
}

/** The reasons that they name. */
function reasonsIn(replies: readonly Reply[]): unknown[] {
  return replies.map(({ status, message }) => {
    expect(status).toBe(404);
    return message.error?.data?.['reason'];
  });
}

/** The same session, asked for by somebody else. */
function as(rig: ClusterRig, { id }: WireClient, user: string): WireClient {
  const other = new WireClient(rig.door, { headers: { 'x-user': user } });
  other.id = id;
  return other;
}

/** What the clients of a session that has ended are told, by any process. */
export function endContract(make: MakeHome): void {
  describe('a session of a cluster that has ended', () => {
    it('tells its own principal why, by every process, and nobody else', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a', 'ann');
      rig.turnTo('b');
      await rig.over(client.delete());
      await rig.until(() => rig.process('a').keys.length === 0);
      expect(reasonsIn(await pings(rig, client))).toEqual(Array(3).fill('terminated'));
      const none = reasonsIn(await pings(rig, as(rig, client, 'bob')));
      expect(none).toEqual([undefined, undefined, undefined]);
    });

    it('tells of an eviction as of an end by its client, and of one while it slept', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      await rig.sleep();
      expect(await rig.over(rig.process('b').runtime.evict(client.id!, 'revoked'))).toBe(true);
      expect(reasonsIn(await pings(rig, client))).toEqual(Array(3).fill('revoked'));
    });

    it('tells so by a process that drains, and by one that began later', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      const waits = await rig.open('c');
      rig.turnTo('a');
      await rig.over(client.delete());
      rig.turnTo('c');
      const held = rig.over(waits.call('tools/call', hold('x')));
      await rig.over(rig.gates.reached('x'));
      const drained = rig.process('c').runtime.drain({ deadlineMs: 60_000 });
      await rig.join('d');
      expect(reasonsIn(await pings(rig, client))).toEqual(Array(4).fill('terminated'));
      rig.gates.open('x');
      await rig.over(Promise.all([drained, held]));
    });
  });
}

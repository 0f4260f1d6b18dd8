import { createRuntime } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import type { ClusterStats } from '../../../src/events/clusterStats.ts';
import { FakeServer } from '../../support/fakeServer.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold } from './rig.ts';

const OTHER_SECRET = 'not the secret that the others have';
const call = (name: string): Record<string, unknown> => ({ name });

function statsOf(rig: ClusterRig, name: string): ClusterStats {
  return rig.process(name).runtime.stats().cluster!;
}

/** What a runtime tells of its part in a cluster. */
export function statsContract(make: MakeHome): void {
  describe('the stats of a cluster', () => {
    it('are none of a runtime that is alone', async () => {
      const runtime = createRuntime({ server: () => new FakeServer() });
      expect(runtime.stats().cluster).toBeUndefined();
      expect(await runtime.nodes()).toEqual([]);
      await runtime.close();
    });

    it('tell of the process, its lease, its engine and its ways', async () => {
      const rig = await ClusterRig.start(make);
      const { leaseMs } = rig.home;
      const stats = statsOf(rig, 'b');
      expect(stats).toMatchObject({ node: 'b', state: 'live', graceLeftMs: 0, owned: 0 });
      expect(stats.leaseLeftMs).toBeGreaterThan(0);
      expect(stats.leaseLeftMs).toBeLessThanOrEqual(leaseMs);
      const { answered, p50Ms, p99Ms, failed, reconnects } = stats.engine;
      expect(answered).toBeGreaterThan(1);
      expect(p50Ms).toBeGreaterThanOrEqual(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms!);
      expect([failed, reconnects]).toEqual([0, 0]);
      // Each node speaks to itself, to know that it is heard.
      const [way] = stats.links;
      expect(way!.bytesOut).toBeGreaterThan(0);
      expect(way!.bytesIn).toBeGreaterThan(0);
      const [before] = [stats.engine.answered];
      await rig.home.pass(leaseMs);
      expect(statsOf(rig, 'b').engine.answered).toBeGreaterThan(before);
    });

    it('count a forwarded call at both ends, while it runs and after that', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      const [a, b] = [statsOf(rig, 'a'), statsOf(rig, 'b')];
      rig.turnTo('b');
      const held = rig.over(client.call('tools/call', hold('x')));
      await rig.over(rig.gates.reached('x'));
      expect(statsOf(rig, 'a')).toMatchObject({ owned: 1, serving: 1, served: a.served + 1 });
      expect(statsOf(rig, 'b')).toMatchObject({
        owned: 0,
        forwarding: 1,
        forwarded: b.forwarded + 1,
      });
      expect(statsOf(rig, 'c')).toMatchObject({ owned: 0, forwarding: 0, serving: 0 });
      rig.gates.open('x');
      await held;
      await rig.until(() => statsOf(rig, 'b').forwarding + statsOf(rig, 'a').serving === 0);
      expect(statsOf(rig, 'a').served).toBe(a.served + 1);
      expect(statsOf(rig, 'b').forwarded).toBe(b.forwarded + 1);
    });

    it('count what was taken over, and the error of a call nobody knows of, once each', async () => {
      const rig = await ClusterRig.start(make, { sseAfterMs: 60_000 });
      const client = await rig.open('a');
      rig.turnTo('b');
      const held = rig.over(client.call('tools/call', hold('x')), 10);
      await rig.over(rig.gates.reached('x'));
      rig.process('a').kill();
      expect(await held).toMatchObject({ error: { data: { code: 'session-moved' } } });
      rig.turnTo('c');
      await rig.over(client.call('tools/call', call('where')), 10);
      await rig.over(client.call('tools/call', call('where')));
      const [b, c] = [statsOf(rig, 'b'), statsOf(rig, 'c')];
      expect([b.takeovers, b.unsure]).toEqual([0, 1]);
      expect(rig.process('b').runtime.stats().refusals['session-moved']).toBe(1);
      expect([c.takeovers, c.unsure, c.owned]).toEqual([1, 0, 1]);
    });

    it('count what was asserted again, and what others had gone on with', async () => {
      const rig = await ClusterRig.start(make);
      const [one, two] = [await rig.open('a'), await rig.open('a')];
      const a = rig.process('a');
      a.joined.cut();
      await rig.until(() => statsOf(rig, 'a').state === 'suspended', 10);
      expect(statsOf(rig, 'a').leaseLeftMs).toBe(0);
      a.isAway = true;
      rig.turnTo('b');
      await rig.over(one.call('tools/call', call('where')), 10);
      a.joined.mend();
      await rig.until(() => statsOf(rig, 'a').state === 'live', 10);
      const { engine, lost, owned, reasserted } = statsOf(rig, 'a');
      expect([lost, owned]).toEqual([1, 1]);
      expect(reasserted).toBeGreaterThanOrEqual(1);
      expect(engine.reconnects).toBeGreaterThanOrEqual(1);
      rig.turnTo('c');
      expect((await rig.over(two.request('ping'))).status).toBe(200);
    });

    it('tell of the grace after the engine has become another server', async () => {
      const rig = await ClusterRig.start(make);
      await rig.home.wipe();
      await rig.until(() => statsOf(rig, 'a').graceLeftMs > 0, 10);
      expect(statsOf(rig, 'a').graceLeftMs).toBeLessThanOrEqual(rig.home.leaseMs);
      await rig.until(() => statsOf(rig, 'a').graceLeftMs === 0, 10);
    });

    it('count messages that were sealed with another secret', async () => {
      const rig = await ClusterRig.start(make);
      const client = await rig.open('a');
      // A session in use stays where it is.
      rig.turnTo('a');
      const held = rig.over(client.call('tools/call', hold('x')));
      await rig.over(rig.gates.reached('x'));
      await rig.join('d', { cluster: { secret: OTHER_SECRET, forwardTimeoutMs: 2000 } });
      rig.turnTo('d');
      expect((await rig.over(client.request('ping'), 10)).status).toBe(503);
      const refused = statsOf(rig, 'a').messagesRefused;
      expect(refused['unknown-secret']).toBe(1);
      expect(refused.forged).toBe(0);
      rig.gates.open('x');
      await held;
    });

    it('list the processes that live, as each of them has told last', async () => {
      const rig = await ClusterRig.start(make);
      // A session in use does not fall asleep.
      const client = await rig.open('a');
      rig.turnTo('a');
      const held = rig.over(client.call('tools/call', hold('x')));
      await rig.over(rig.gates.reached('x'));
      await rig.home.pass(rig.home.leaseMs);
      const nodes = await rig.over(rig.process('b').runtime.nodes());
      expect(nodes).toMatchObject([
        { name: 'a', owned: 1, isDraining: false, isSelf: false },
        { name: 'b', owned: 0, isDraining: false, isSelf: true },
        { name: 'c', owned: 0, isDraining: false, isSelf: false },
      ]);
      expect(nodes.every(({ since }) => Number.isFinite(since))).toBe(true);
      rig.gates.open('x');
      await held;
      rig.process('c').kill();
      await rig.home.pass(rig.home.leaseMs + 100);
      const left = await rig.over(rig.process('b').runtime.nodes());
      expect(left.map(({ name }) => name)).toEqual(['a', 'b']);
    });
  });
}

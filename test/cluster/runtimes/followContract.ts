import type { Session } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import type { WireClient } from '../../support/wireClient.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold, textIn } from './rig.ts';
import type { State } from './toolServer.ts';

/** A session that began in process `a`, and its client. */
class Traffic {
  readonly rig: ClusterRig;
  readonly client: WireClient;

  private constructor(rig: ClusterRig, client: WireClient) {
    this.rig = rig;
    this.client = client;
  }

  static async start(make: MakeHome, options?: Parameters<typeof ClusterRig.start>[1]) {
    // No session of these tests falls asleep by itself.
    const rig = await ClusterRig.start(make, {
      idleTimeoutMs: 600_000,
      quietMs: 600_000,
      ...options,
    });
    return new Traffic(rig, await rig.open('a'));
  }

  /** Calls a tool so often, each time by one process. @returns what the last call said */
  async call(times: number, by: string, tool = 'count'): Promise<string> {
    let said = '';
    for (let n = 0; n < times; n++) {
      this.rig.turnTo(by);
      said = textIn(await this.rig.over(this.client.call('tools/call', { name: tool })));
    }
    return said;
  }

  /** Where the session is when whatever is to follow has followed. */
  async settled(): Promise<string> {
    await this.rig.home.pass(1000);
    await this.rig.until(() =>
      this.rig.living.every(({ runtime }) => runtime.stats().sessions.asleep === 0),
    );
    return this.rig.living.flatMap(({ name, keys }) => (keys.length > 0 ? [name] : [])).join();
  }

  get followed(): readonly number[] {
    return this.rig.living.map(({ runtime }) => runtime.stats().cluster!.followed);
  }
}

/** Sessions go where their requests come from. */
export function followContract(make: MakeHome): void {
  describe('a session whose requests come by another process', () => {
    it('40: follows its traffic, once, when quiet', async () => {
      const traffic = await Traffic.start(make);
      const { rig } = traffic;
      expect(await traffic.call(7, 'c')).toBe('7');
      expect(await traffic.settled()).toBe('a');
      expect(await traffic.call(1, 'c')).toBe('8');
      expect(await traffic.settled()).toBe('');
      expect(await traffic.call(1, 'c')).toBe('9');
      expect(await traffic.call(1, 'c', 'where')).toBe('c');
      expect(traffic.followed).toEqual([1, 0, 0]);
      // It has just come, and stays.
      expect(await traffic.call(20, 'b')).toBe('29');
      expect(await traffic.settled()).toBe('c');
      await rig.home.pass(rig.home.clock === undefined ? 0 : 60_000);
      if (rig.home.clock === undefined) return;
      expect(await traffic.call(8, 'b')).toBe('37');
      expect(await traffic.settled()).toBe('');
      expect(await traffic.call(1, 'b')).toBe('38');
      expect(traffic.followed).toEqual([1, 0, 1]);
    });

    it('stays while a call is under way, and leaves after the next requests', async () => {
      const traffic = await Traffic.start(make);
      const { rig, client } = traffic;
      rig.turnTo('c');
      const held = client.call('tools/call', hold('x'), 'x');
      await rig.over(rig.gates.reached('x'));
      expect(await traffic.call(8, 'c')).toBe('8');
      expect(await traffic.settled()).toBe('a');
      rig.gates.open('x');
      expect(textIn(await rig.over(held))).toBe('held x');
      expect(await traffic.call(7, 'c')).toBe('15');
      expect(await traffic.settled()).toBe('');
      expect(await traffic.call(1, 'b')).toBe('16');
    });

    it.each<readonly [what: string, by: readonly string[]]>([
      ['two processes in turn', ['b', 'c']],
      ['its own process now and then', ['c', 'c', 'c', 'c', 'c', 'a']],
    ])('stays where its requests come by %s', async (_what, by) => {
      const traffic = await Traffic.start(make);
      for (let n = 0; n < 24; n++) await traffic.call(1, by[n % by.length]!);
      expect(await traffic.settled()).toBe('a');
      expect(traffic.followed).toEqual([0, 0, 0]);
    });

    it('stays with an open stream', async () => {
      const traffic = await Traffic.start(make);
      traffic.rig.turnTo('c');
      await traffic.rig.over(traffic.client.get());
      expect(await traffic.call(24, 'c')).toBe('24');
      expect(await traffic.settled()).toBe('a');
    });

    it('stays with what it owns', async () => {
      const sessions: Session<State>[] = [];
      const traffic = await Traffic.start(make, { onSession: (session) => sessions.push(session) });
      sessions[0]!.own({ close: () => {} });
      expect(await traffic.call(24, 'c')).toBe('24');
      expect(await traffic.settled()).toBe('a');
    });

    it('stays where its requests come by a process without a free place', async () => {
      const traffic = await Traffic.start(make, { maxSessions: 2 });
      const { rig } = traffic;
      for (let n = 0; n < 2; n++) {
        const client = await rig.open('c');
        rig.turnTo('c');
        client.call('tools/call', hold('never')).catch(() => {});
        await rig.until(() => rig.begun.filter((each) => each === 'c hold').length > n);
      }
      expect(await traffic.call(24, 'c')).toBe('24');
      await rig.home.pass(1000);
      expect(rig.process('a').keys).toHaveLength(1);
      expect(traffic.followed).toEqual([0, 0, 0]);
    });

    it('stays with follow: false', async () => {
      const traffic = await Traffic.start(make, { cluster: { follow: false } });
      expect(await traffic.call(24, 'c')).toBe('24');
      expect(await traffic.settled()).toBe('a');
    });
  });
}

import { describe, expect, it } from 'vitest';
import type { WireClient } from '../../support/wireClient.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig, hold, textIn } from './rig.ts';

/** A session whose calls end whatever process they run in, and sessions beside it. */
class Poisoned {
  readonly rig: ClusterRig;
  readonly poison: WireClient;
  readonly innocents: readonly WireClient[];
  readonly #names = ['d', 'e', 'f', 'g'];

  private constructor(rig: ClusterRig, poison: WireClient, innocents: readonly WireClient[]) {
    this.rig = rig;
    this.poison = poison;
    this.innocents = innocents;
  }

  static async start(make: MakeHome): Promise<Poisoned> {
    const rig = await ClusterRig.start(make);
    const poison = await rig.open('a');
    const innocents: WireClient[] = [];
    for (let n = 0; n < 4; n++) innocents.push(await rig.open('a'));
    return new Poisoned(rig, poison, innocents);
  }

  /** The poison is called, and ends the process in which the call begins; another process joins. */
  async kill(): Promise<void> {
    const { begun, living } = this.rig;
    const before = begun.length;
    this.poison.call('tools/call', hold('never')).catch(() => {});
    const isBegun = (): boolean => begun.slice(before).some((each) => each.endsWith(' hold'));
    await this.rig.until(isBegun, 10);
    const where = begun.slice(before).find((each) => each.endsWith(' hold'))!;
    living.find(({ name }) => where.startsWith(`${name} `))!.kill();
    await this.rig.join(this.#names.shift()!);
  }

  /** Each innocent session counts. @returns what they are at */
  counted(): Promise<readonly string[]> {
    const answers = this.innocents.map((each) => each.call('tools/call', { name: 'count' }));
    return this.rig.over(Promise.all(answers), 10).then((all) => all.map(textIn));
  }
}

/** What a cluster does with a session that ends its processes, and with those beside. */
export function suspicionContract(make: MakeHome): void {
  describe('a session that ends one process after the other', () => {
    it('is held back; sessions beside are answered after each death, and are not', async () => {
      const world = await Poisoned.start(make);
      const { home } = world.rig;
      for (const round of ['1', '2', '3', '4']) {
        await world.kill();
        // All of them moved, some to the process that dies next.
        expect(await world.counted()).toEqual(world.innocents.map(() => round));
        await home.pass(2500);
      }
      const refused = await world.rig.over(world.poison.request('ping'), 10);
      expect(refused.status).toBe(503);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
      expect((await refused.whole()).text).toContain('session-quarantined');
      expect(await world.counted()).toEqual(world.innocents.map(() => '5'));
    });
  });
}

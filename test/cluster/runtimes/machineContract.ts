import { describe, expect, it } from 'vitest';
import type { Session } from 'mcp-actors';
import { Gates } from '../../support/gates.ts';
import { light, worker } from '../../support/machines.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig } from './rig.ts';

/** How long a light is on. */
const LIGHT_MS = 9000;

/** Sessions of a cluster that have a machine of the user's. */
export function machineContract(make: MakeHome): void {
  describe('a session of a cluster with a machine', () => {
    it('goes on where the machine was, in another process', async () => {
      const sessions: Session<unknown, typeof light>[] = [];
      const rig = await ClusterRig.start(make, {
        machine: light.provide({ delays: { while: LIGHT_MS } }),
        onSession: (session) => void sessions.push(session as never),
      });
      const client = await rig.open('a');
      sessions[0]!.actor.send({ type: 'light.switched' });
      await rig.sleep();
      expect(rig.living.flatMap(({ keys }) => keys)).toEqual([]);
      rig.turnTo('b');
      await rig.over(client.call('tools/list'));
      expect(sessions).toHaveLength(2);
      expect(sessions[1]!.actor.getSnapshot()).toMatchObject({
        value: 'on',
        context: { changes: 1 },
      });
    });

    it('makes a delayed transition once where its process was cut off and another goes on', async () => {
      const made: string[] = [];
      const rig = await ClusterRig.start(make, {
        machine: light.provide({ delays: { while: LIGHT_MS } }),
        onSession: ({ actor }: Session<unknown, typeof light>) =>
          actor.getSnapshot().value === 'off' && actor.send({ type: 'light.switched' }),
      } as never);
      for (const { name, runtime } of rig.processes) {
        runtime.on('actor.transition', ({ event }) => {
          if (event.startsWith('xstate.after')) made.push(name);
        });
      }
      const client = await rig.open('a');
      rig.process('a').joined.cut();
      await rig.home.pass(rig.home.leaseMs + 500);
      rig.turnTo('b');
      await rig.over(client.call('tools/list'), 10);
      await rig.home.pass(LIGHT_MS);
      await rig.until(() => made.length > 0, 100);
      await rig.home.pass(2000);
      // By whichever process had the session then, and not by the one that lost it.
      expect(made.map((name) => name === 'a')).toEqual([false]);
      rig.process('a').joined.mend();
      await rig.home.pass(rig.home.leaseMs);
      expect(made).toHaveLength(1);
    });

    it('starts no promise in a process that lost its lease while the session woke there', async () => {
      const gates = new Gates();
      const work = { started: 0, cleaned: 0 };
      let wakes = 0;
      const rig = await ClusterRig.start(make, {
        machine: worker(work),
        onSession: ({ actor }: Session<unknown, ReturnType<typeof worker>>) =>
          work.started === 0 && actor.send({ type: 'work.begun' }),
        onWake: async () => {
          if (++wakes === 1) await gates.pass('first', new AbortController().signal);
        },
      } as never);
      const client = await rig.open('a');
      await rig.over(client.call('tools/list'));
      expect(work.started).toBe(1);
      rig.process('a').kill();
      rig.turnTo('b');
      const stashed = client.call('tools/list').catch(() => undefined);
      await rig.over(gates.reached('first'), 10);
      rig.process('b').joined.cut();
      await rig.home.pass(rig.home.leaseMs + 500);
      rig.turnTo('c');
      await rig.over(client.call('tools/list'), 10);
      expect(work.started).toBe(2);
      gates.open('first');
      await rig.home.pass(500);
      rig.process('b').joined.mend();
      await rig.over(stashed, 10);
      expect(work.started).toBe(2);
    });

    it('wakes for a delayed transition by one process, once', async () => {
      const sessions: Session<unknown, typeof light>[] = [];
      const rig = await ClusterRig.start(make, {
        machine: light.provide({ delays: { while: LIGHT_MS } }),
        onSession: (session) => void sessions.push(session as never),
      });
      const client = await rig.open('a');
      sessions[0]!.actor.send({ type: 'light.switched' });
      await rig.sleep();
      const woken: string[] = [];
      for (const { name, runtime } of rig.processes) {
        runtime.on('session.woken', () => woken.push(name));
      }
      await rig.home.pass(LIGHT_MS - 3000);
      await rig.until(() => sessions.length > 1, 100);
      await rig.sleep();
      expect(woken).toHaveLength(1);
      rig.turnTo('c');
      await rig.over(client.call('tools/list'));
      expect(sessions).toHaveLength(3);
      expect(sessions[2]!.actor.getSnapshot()).toMatchObject({
        value: 'off',
        context: { changes: 2 },
      });
    });
  });
}

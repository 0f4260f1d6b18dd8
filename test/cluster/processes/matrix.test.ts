import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeProgram } from '../../clusterDemo/nodeProgram.ts';
import type { NodeProcess } from '../../clusterDemo/nodeProcess.ts';
import { findRedisServer } from '../../clusterDemo/redisProcess.ts';
import { eventually } from '../../support/eventually.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';
import { type Answer, Caller } from './caller.ts';
import { LEASE_MS, Rig, SLACK_MS, timed } from './rig.ts';
import { FLOOD } from './words.ts';

/** How long a question to a slow Redis and its answer are on their way. */
const ROUND_TRIP_MS = 100;
/** Most processes that one session may take with it. */
const MOST_DEATHS = 6;

let program: NodeProgram;
beforeAll(async () => void (program = await NodeProgram.make('test/cluster/processes/program.ts')));
afterAll(() => program.remove());

const code = (text: string): unknown => expect.objectContaining({ data: { code: text } });

/** Hands bytes on when they have been on their way for long enough. @returns nobody else does */
function later(to: Socket, bytes: Buffer): boolean {
  setTimeout(() => to.write(bytes), ROUND_TRIP_MS / 2);
  return true;
}

/** A way to a Redis that takes half a round trip in each direction. */
async function slowWay(port: number): Promise<string> {
  const proxy = await TcpProxy.to(port);
  proxy.onRequest = (bytes, _near, far) => later(far, bytes);
  proxy.onAnswer = (bytes, near) => later(near, bytes);
  return proxy.url;
}

const ALL_STEPS = Array.from({ length: FLOOD.count }, (_, n) => n + 1);

/** The progress that streams have told, in order. */
function stepsIn(...streams: readonly Answer[]): unknown[] {
  const steps = streams.flatMap(({ messages }) =>
    messages.map(({ params }) => params?.['progress']),
  );
  return steps.filter((step) => step !== undefined);
}

/** A call whose owner is the first process, and whose client is the second's. @param how it floods */
async function flooded(how: string) {
  const rig = await Rig.start(program, 2);
  const [first, second] = rig.nodes as [NodeProcess, NodeProcess];
  const caller = await Caller.open(first);
  const stream = await caller.begin(second, 'flood', how);
  await stream.message('notifications/progress');
  return { rig, first, second, caller, stream };
}

describe.skipIf(findRedisServer() === undefined)(
  'processes of a cluster, whose calls are silent, slow, or deadly',
  () => {
    it('4: an owner killed in a call without a stream: one error, and the call runs once', async () => {
      const rig = await Rig.start(program, 2);
      const [first, second] = rig.nodes as [NodeProcess, NodeProcess];
      const caller = await Caller.open(first);
      await caller.write(first, 'one');
      const answered = caller.call(second, 'hold', 'this');
      await eventually(() => rig.said('holds this') > 0);
      await first.end('SIGKILL');
      const [answer, ms] = await timed(answered);
      expect(answer.error).toEqual(code('session-moved'));
      expect(ms).toBeLessThan(LEASE_MS + LEASE_MS / 3 + SLACK_MS);
      expect(await caller.write(second, 'two')).toEqual({ by: 'n2', lines: ['one', 'two'] });
      expect(rig.said('holds this')).toBe(1);
    });

    it('13: a slow Redis: writes go together, and no process loses its lease', async () => {
      const rig = await Rig.start(program, 2, [], 300_000, ({ port }) => slowWay(port));
      const [first, second] = rig.nodes as [NodeProcess, NodeProcess];
      const caller = await Caller.open(first);
      const [, alone] = await timed(caller.write(first, 'alone'));
      expect(alone).toBeGreaterThanOrEqual(ROUND_TRIP_MS);
      const many = Array.from({ length: 50 }, (_, n) => caller.write(first, String(n)));
      const [written, ms] = await timed(Promise.all(many));
      // One after the other, they would take a round trip each at the least.
      expect(ms).toBeLessThan(50 * ROUND_TRIP_MS);
      expect(Math.max(...written.map(({ lines }) => lines.length))).toBe(51);
      // Longer than a lease, all the while at work.
      const until = performance.now() + 2 * LEASE_MS;
      for (let n = 0; performance.now() < until; n++) await caller.write(second, `by ${n}`);
      expect((await caller.write(second, 'last')).by).toBe('n1');
      // Its lease is what a process goes by: others may not take what it has.
      const lapsed = ["'lease.lapsed'", "'lease.lost'", 'cluster.takeover'].map((of) =>
        rig.said(of),
      );
      expect(lapsed).toEqual([0, 0, 0]);
    });

    it('27: a process that stands still holds up who speaks to its clients, and loses nothing', async () => {
      const { caller, first, rig, second, stream } = await flooded('piece by piece');
      second.freeze();
      await caller.call(first, 'open', 'piece by piece');
      // Its owner has other things to do meanwhile.
      expect((await caller.write(first, 'one')).lines).toEqual(['one']);
      await pause(LEASE_MS / 3);
      expect(rig.said('is said')).toBe(0);
      second.thaw();
      expect((await stream.answer())!.result).toMatchObject({
        content: [{ text: 'piece by piece, done' }],
      });
      expect(stepsIn(stream)).toEqual(ALL_STEPS);
      expect(rig.said('maxStreamBytes')).toBe(0);
    });

    it('27: a stream that its client’s process does not read is cut at maxStreamBytes, and can be resumed', async () => {
      const { caller, first, rig, second, stream } = await flooded('rush');
      second.freeze();
      await caller.call(first, 'open', 'rush');
      await eventually(() => rig.said('maxStreamBytes') > 0 && rig.said('is said') > 0);
      second.thaw();
      await stream.over;
      const rest = await caller.resume(first, stream.lastEventId!);
      expect((await rest.answer())!.result).toMatchObject({ content: [{ text: 'rush, done' }] });
      expect(stepsIn(stream, rest)).toEqual(ALL_STEPS);
    });

    it('21: a session that kills its owners is held back, and the others are served', async () => {
      const rig = await Rig.start(program, 3);
      const [first, , third] = rig.nodes as [NodeProcess, NodeProcess, NodeProcess];
      const [deadly, other] = [await Caller.open(first), await Caller.open(third)];
      let deaths = 0;
      let refused: { readonly status: number; readonly text: string } | undefined;
      while (refused === undefined && deaths < MOST_DEATHS) {
        const node = rig.nodes[deaths % 2]!;
        const answer = await deadly.begin(node, 'poison', 'x').catch(() => undefined);
        await answer?.over;
        if (node.isRunning) refused = answer;
        else {
          deaths++;
          await node.start();
        }
        await other.write(third, String(deaths));
      }
      expect(refused?.status).toBe(503);
      expect(refused?.text).toContain('session-quarantined');
      expect(deaths).toBeLessThan(MOST_DEATHS);
      expect((await other.write(first, 'last')).by).toBe('n3');
    });
  },
);

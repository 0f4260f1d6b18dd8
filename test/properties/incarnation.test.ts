import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { seeded } from '../support/seeded.ts';
import { INITIALIZE, send } from '../support/send.ts';

const MESSAGES = 200;

/** A world whose factories and connects end when the scheduler says so. */
function scheduled(scheduler: fc.Scheduler, hook?: (message: object) => void): FakeRuntime {
  const world: FakeRuntime = new FakeRuntime({
    createId: () => 'fresh',
    maxInFlight: MESSAGES + 1,
    maxQueue: MESSAGES + 1,
    onCrash: { restarts: 1000, withinMs: 60_000 },
    server: scheduler.scheduleFunction(async () => {
      const server = world.serve(hook);
      const connect = server.connect.bind(server);
      server.connect = scheduler.scheduleFunction(connect);
      return server;
    }),
  });
  return world;
}

describe('law 1: one incarnation', () => {
  it('two hundred concurrent first messages for one fresh session build one server', async () => {
    const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const world = scheduled(scheduler);
      const { runtime } = world;
      const first = send(runtime, INITIALIZE);
      const rest = Array.from({ length: MESSAGES - 1 }, (_, id) =>
        scheduler
          .schedule(Promise.resolve(), `message ${id}`)
          .then(() => send(runtime, { id, method: 'tools/list' }, 'fresh')),
      );
      await scheduler.waitIdle();
      const answers = await Promise.all([first, ...rest]);
      expect(world.servers).toHaveLength(1);
      expect(answers.map(({ status }) => status)).toEqual(Array(MESSAGES).fill(200));
      expect(answers.map(({ id }) => id)).toEqual(['init', ...rest.keys()]);
      expect(world.server.methods.indexOf('initialize')).toBe(0);
      expect(world.server.methods.filter((method) => method === 'initialize')).toHaveLength(1);
      expect(runtime.stats()).toMatchObject({ spawned: 1, inFlight: 0, crashes: 0 });
    });
    await seeded(property, 40);
  }, 60_000);

  it('messages that meet restarts are each answered once, one server for each incarnation', async () => {
    const kinds = fc.array(fc.constantFrom('call', 'call', 'call', 'note', 'crash'), {
      minLength: 5,
      maxLength: 40,
    });
    const property = fc.asyncProperty(fc.scheduler(), kinds, async (scheduler, messages) => {
      const world = scheduled(scheduler, (message) => {
        if ('method' in message && message.method === 'crash') throw new Error('boom');
      });
      const { runtime } = world;
      const crashes = world.record('session.crashed');
      const opening = send(runtime, INITIALIZE);
      await scheduler.waitIdle();
      await opening;
      const sent = messages.map((method, id) =>
        scheduler
          .schedule(Promise.resolve(), `${method} ${id}`)
          .then(() =>
            send(
              runtime,
              method === 'note' ? { method: 'notifications/x' } : { id, method },
              'fresh',
            ),
          ),
      );
      // What is scheduled while a restart runs is in the same pot.
      for (let i = 0; i < 5; i++) {
        await scheduler.waitIdle();
        await turn();
      }
      const answers = await Promise.all(sent);
      for (const [id, method] of messages.entries()) {
        const answer = answers[id];
        const own = [answer?.status, answer?.id, answer?.error?.code];
        const isCut = answer?.error !== undefined;
        const asked = [200, id, isCut ? -32603 : undefined];
        expect(own).toEqual(method === 'note' ? [202, undefined, undefined] : asked);
        expect(isCut || method !== 'crash').toBe(true);
        const server = answer?.result?.['server'] ?? world.server.number;
        expect(world.servers.map(({ number }) => number)).toContain(server);
      }
      const asked = messages.filter((method) => method === 'crash').length;
      expect(crashes.every(({ restarted }) => restarted)).toBe(true);
      expect(crashes).toHaveLength(asked);
      expect(world.servers).toHaveLength(asked + 1);
      for (const { methods, closes } of world.servers) {
        expect(methods.slice(0, 1)).toEqual(['initialize']);
        expect(methods.filter((method) => method === 'initialize')).toHaveLength(1);
        expect(closes).toBeLessThanOrEqual(1);
      }
      expect(world.servers.slice(0, -1).every(({ closes }) => closes === 1)).toBe(true);
      expect(runtime.stats()).toMatchObject({ inFlight: 0, crashes: asked, restarts: asked });
    });
    await seeded(property, 100);
  }, 60_000);

  it('two hundred concurrent initialize build two hundred sessions, each with its own server', async () => {
    const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const world: FakeRuntime = new FakeRuntime({
        server: scheduler.scheduleFunction(async () => world.serve()),
      });
      const opened = Array.from({ length: MESSAGES }, () => send(world.runtime, INITIALIZE));
      await scheduler.waitIdle();
      const statuses = (await Promise.all(opened)).map(({ status }) => status);
      expect(statuses).toEqual(Array(MESSAGES).fill(200));
      const { sessions, spawned, handshakes } = world.runtime.stats();
      expect([world.servers.length, spawned, handshakes]).toEqual(Array(3).fill(MESSAGES));
      expect(sessions.active).toBe(MESSAGES);
      expect(new Set(world.runtime.residents().map(({ id }) => id)).size).toBe(MESSAGES);
    });
    await seeded(property, 10);
  }, 60_000);
});

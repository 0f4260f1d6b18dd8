import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, sessionLocal } from 'mcp-actors';
import { createTestClient, restartable, type TestClient } from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';

const seen = sessionLocal(() => [] as string[], { name: 'seen' });

const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });

/** A server whose processes are numbered, and a call that lasts until it is told to end. */
function start() {
  let processes = 0;
  const gates: (() => void)[] = [];
  const released: number[] = [];
  const mortal = restartable((store) => {
    const number = ++processes;
    return createRuntime({
      store,
      state: () => ({ count: 0 }),
      server(session) {
        const server = new McpServer({ name: 'mortal', version: '1.0.0' }, session.serverOptions);
        session.own(() => released.push(number));
        server.registerTool('count', {}, async () => {
          const { count } = await session.update((state) => ({ count: state.count + 1 }));
          seen.get().push(`${number}`);
          return say(`${count} in ${number}`);
        });
        server.registerTool('seen', {}, () => say(seen.get().join()));
        server.registerTool('wait', {}, async () => {
          await new Promise<void>((resolve) => gates.push(resolve));
          return say(`waited in ${number}`);
        });
        return server;
      },
    });
  });
  return { mortal, gates, released };
}

async function call({ client }: TestClient, name: string): Promise<string | undefined> {
  const { content } = await client.callTool({ name });
  return (content as { text: string }[])[0]?.text;
}

describe('U22: restartable', () => {
  it.each(['kill', 'restart'] as const)(
    '%s: the same client goes on with its session',
    async (how) => {
      const { mortal, released } = start();
      await using alice = await createTestClient(mortal, { listen: false });
      await using bob = await createTestClient(mortal);
      expect([await call(alice, 'count'), await call(bob, 'count')]).toEqual(['1 in 1', '1 in 1']);
      const before = mortal.runtime;
      await mortal[how]();
      expect(mortal.runtime).not.toBe(before);
      expect(released).toEqual([1, 1]);
      expect([await call(alice, 'count'), await call(bob, 'count')]).toEqual(['2 in 2', '2 in 2']);
      expect(await call(alice, 'seen')).toBe('1,2');
      await mortal.close();
    },
  );

  it('kill breaks what was in flight, and nothing of it is stored', async () => {
    const { mortal, gates } = start();
    await using alice = await createTestClient(mortal, { listen: false });
    expect(await call(alice, 'count')).toBe('1 in 1');
    const waiting = call(alice, 'wait');
    const outcome = waiting.then(
      (text) => text,
      () => 'broken',
    );
    await eventually(() => gates.length === 1);
    const dying = mortal.runtime.residents()[0];
    const dead = mortal.kill();
    gates[0]?.();
    await dying?.update(() => ({ count: 99 })).catch(() => {});
    await dead;
    expect(await call(alice, 'count')).toBe('2 in 2');
    expect(await outcome).not.toBe('waited in 1');
    await mortal.close();
  });

  it('restart lets a call in flight finish', async () => {
    const { mortal, gates } = start();
    await using alice = await createTestClient(mortal, { listen: false });
    const waiting = call(alice, 'wait');
    await eventually(() => gates.length === 1);
    const restarted = mortal.restart({ deadlineMs: 10_000 });
    gates[0]?.();
    expect(await waiting).toBe('waited in 1');
    await restarted;
    expect(await call(alice, 'count')).toBe('1 in 2');
    await mortal.close();
  });
});

import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as McpServerV2 } from '@modelcontextprotocol/server';
import { createRuntime, currentSession, type Session } from 'mcp-actors';
import { offer } from 'mcp-actors/machine';
import { describe, expect, it, onTestFinished } from 'vitest';
import { turn } from '../support/eventually.ts';
import { light } from '../support/machines.ts';
import { ModernClient } from '../support/modernClient.ts';
import { MINUTE } from '../support/sleep.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { WireClient } from '../support/wireClient.ts';

type LightSession = Session<undefined, typeof light>;
type Server = McpServerV1 | McpServerV2;

const SERVERS: Readonly<Record<string, (session: LightSession) => Server>> = {
  v1: ({ serverOptions }) => new McpServerV1({ name: 'light', version: '1' }, serverOptions),
  v2: ({ serverOptions }) => new McpServerV2({ name: 'light', version: '1' }, serverOptions),
};

/** Deep below a handler: knows nothing of the tool. */
async function switchIt(): Promise<void> {
  await turn();
  currentSession<undefined, typeof light>().actor.send({ type: 'light.switched' });
}

/** A runtime whose servers have tools of their own that send events. */
function world(version: string, setUp: (session: LightSession, server: Server) => void = () => {}) {
  const clock = new VirtualClock();
  const sessions: LightSession[] = [];
  const runtime = createRuntime({
    clock,
    machine: light,
    report: false,
    principal: (_, { headers }) => headers['x-user'] as string | undefined,
    server(session) {
      sessions.push(session);
      const server = SERVERS[version]!(session);
      const tool = (name: string, call: () => unknown): void => {
        // Both take it: only their types are not one.
        (server as McpServerV2).registerTool(name, {}, async () => {
          await call();
          return { content: [{ type: 'text', text: name }] };
        });
      };
      tool('switch', () => session.actor.send({ type: 'light.switched' }));
      tool('switch_later', switchIt);
      tool('switch_other', () => sessions[0]!.actor.send({ type: 'light.switched' }));
      tool('look', () => {});
      setUp(session, server);
      return server;
    },
  });
  onTestFinished(async () => {
    const closed = runtime.close();
    await clock.elapse(MINUTE);
    await closed;
  });
  const steps: string[] = [];
  const watch = (): (() => void) =>
    runtime.on('actor.transition', ({ event, tool = 'none', to }) => {
      if (!event.startsWith('xstate.init')) steps.push(`${event} ${tool} → ${to}`);
    });
  return { clock, runtime, sessions, steps, watch };
}

describe.each(['v1', 'v2'])('actor.transition, of a server of %s', (version) => {
  it('names the tool whose handler sent the event, at any depth and after any wait', async () => {
    const { runtime, steps, watch } = world(version);
    watch();
    const client = await WireClient.open(runtime);
    const call = (name: string) => client.call('tools/call', { name, arguments: {} });
    await call('switch');
    await Promise.all([call('switch_later'), call('look'), call('switch')]);
    expect(steps.toSorted()).toEqual([
      'light.switched switch → off',
      'light.switched switch → on',
      'light.switched switch_later → on',
    ]);
  });

  it('names the tool in the stateless revision', async () => {
    const { runtime, steps, watch } = world(version);
    watch();
    const client = await ModernClient.in(runtime, 'ann');
    await client.call('switch_later');
    expect(steps).toEqual(['light.switched switch_later → on']);
  });

  it('names no tool where none has sent the event', async () => {
    const { clock, runtime, sessions, steps, watch } = world(version);
    watch();
    const client = await WireClient.open(runtime);
    await client.call('tools/call', { name: 'switch', arguments: {} });
    // A delay that the tool's event began, and an event from outside.
    await clock.elapse(10 * MINUTE);
    (await runtime.wake(sessions[0]!.id))!.actor.send({ type: 'light.switched' });
    // A tool of another session is no tool of this one.
    const other = await WireClient.open(runtime);
    await other.call('tools/call', { name: 'switch_other', arguments: {} });
    expect(steps.filter((step) => !step.startsWith('xstate.stop'))).toEqual([
      'light.switched switch → on',
      'xstate.after.while.light.on none → off',
      'light.switched none → on',
      'light.switched none → off',
    ]);
  });

  it('names the tool of all steps that follow at once, also where an observer sends the next event', async () => {
    const { runtime, steps, watch } = world(version, ({ actor }, server) => {
      offer(server, actor, { light: { event: 'light.switched' } });
      actor.subscribe(({ value, context: { changes } }) => {
        if (value === 'on' && changes < 5) {
          actor.send({ type: 'light.switched' });
          actor.send({ type: 'light.switched' });
        }
      });
    });
    watch();
    const client = await WireClient.open(runtime);
    await client.call('tools/call', { name: 'light', arguments: {} });
    expect(steps.length).toBeGreaterThan(3);
    expect(new Set(steps.map((step) => step.split(' ')[1]))).toEqual(new Set(['light']));
  });

  it('takes no text for a name that is none', async () => {
    const { runtime, steps, watch } = world(version, (session, server) => {
      const handlers = (server.server as unknown as { _requestHandlers: Map<string, unknown> })
        ._requestHandlers;
      handlers.set('tools/call', async () => {
        session.actor.send({ type: 'light.switched' });
        return { content: [] };
      });
    });
    watch();
    const client = await WireClient.open(runtime);
    for (const name of ['a secret of mine', 'x'.repeat(129), 'any/name-of.it_1']) {
      await client.call('tools/call', { name, arguments: {} });
    }
    expect(steps).toEqual([
      'light.switched none → on',
      'light.switched none → off',
      'light.switched any/name-of.it_1 → on',
    ]);
  });

  it('knows no tool of a call that began before anybody listened', async () => {
    const { runtime, sessions, steps, watch } = world(version, (_, server) => {
      (server as McpServerV2).registerTool('watched', {}, async () => {
        const stop = watch();
        await switchIt();
        stop();
        return { content: [] };
      });
    });
    const client = await WireClient.open(runtime);
    await client.call('tools/call', { name: 'watched', arguments: {} });
    expect(sessions).toHaveLength(1);
    expect(steps).toEqual(['light.switched none → on']);
  });
});

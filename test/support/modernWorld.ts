import { McpServer } from './eitherSdk.ts';
import {
  createRuntime,
  type Runtime,
  type RuntimeEvents,
  type RuntimeOptions,
  type Session,
} from 'mcp-actors';
import { elicit, requestInput } from 'mcp-actors/modern';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { RuntimeEventName } from '../../src/events/events.ts';
import { turn } from './eventually.ts';
import { ModernClient } from './modernClient.ts';
import { VirtualClock } from './virtualClock.ts';

interface State {
  count: number;
}

const FORM = { type: 'object' as const, properties: { ok: { type: 'boolean' as const } } };

const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

/** A runtime of servers of the SDK, for clients of the stateless revision, on a virtual clock. */
export class ModernWorld {
  readonly clock = new VirtualClock();
  readonly runtime: Runtime<State>;
  /** How often a factory has run. */
  built = 0;
  /** Handlers of `ask` that went on with an answer, and those that were stopped. */
  readonly asked = { done: 0, stopped: 0 };
  readonly servers: McpServer[] = [];

  constructor(options: Partial<RuntimeOptions<State>> = {}) {
    this.runtime = createRuntime<State>({
      clock: this.clock,
      state: () => ({ count: 0 }),
      principal: (_, { headers }) => headers['x-user'] as string | undefined,
      server: (session) => this.#serve(session),
      ...options,
    });
    onTestFinished(async () => {
      const closed = this.runtime.close();
      // Handlers that are still held get no answer any more.
      await this.settle(10_000);
      await closed;
    });
  }

  client(user?: string): Promise<ModernClient> {
    return ModernClient.in(this.runtime, user);
  }

  record<N extends RuntimeEventName>(name: N): RuntimeEvents[N][] {
    const events: RuntimeEvents[N][] = [];
    this.runtime.on(name, (event) => events.push(event));
    return events;
  }

  async settle(ms = 0): Promise<void> {
    for (let i = 0; i < 10; i++) await turn();
    await this.clock.elapse(ms);
    for (let i = 0; i < 10; i++) await turn();
  }

  #serve(session: Session<State>): McpServer {
    this.built++;
    const info = { name: 'world', version: '1' };
    const server = new McpServer(info, {
      ...session.serverOptions,
      capabilities: { logging: {}, resources: { subscribe: true, listChanged: true } },
    });
    this.servers.push(server);
    server.registerTool('count', { inputSchema: {} }, async () => {
      const { count } = await session.update((state) => void state.count++);
      return text(String(count));
    });
    server.registerTool('who', { inputSchema: {} }, () =>
      text(`${session.principal} ${session.era} ${session.clientInfo?.name}`),
    );
    server.registerTool('ask', { inputSchema: { q: z.string() } }, async ({ q }, { signal }) => {
      signal.addEventListener('abort', () => this.asked.stopped++);
      const { action } = await server.server.elicitInput({ message: q, requestedSchema: FORM });
      this.asked.done++;
      return text(`${q}: ${action}`);
    });
    server.registerTool('keyed', { inputSchema: {} }, async () => {
      const { one } = await requestInput({ one: elicit('One?', FORM), two: elicit('Two?', FORM) });
      return text(String(one['action']));
    });
    server.registerTool('mine', { inputSchema: { word: z.string() } }, async ({ word }, extra) => {
      const progressToken = extra._meta?.progressToken ?? 0;
      for (let progress = 1; progress <= 3; progress++) {
        await turn();
        await extra.sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress, message: word },
        });
      }
      return text(word);
    });
    server.registerTool('log', { inputSchema: {} }, async () => {
      await server.server.sendLoggingMessage({ level: 'info', data: 'said' });
      return text('logged');
    });
    server.registerTool('hold', { inputSchema: {} }, async (_args, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      this.asked.stopped++;
      return text('stopped');
    });
    server.registerTool(
      'region',
      { inputSchema: { region: z.string().meta({ 'x-mcp-header': 'Region' }) } },
      ({ region }) => text(region),
    );
    return server;
  }
}

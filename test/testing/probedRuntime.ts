import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type CallToolResult, ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { createRuntime, type Runtime, type RuntimeOptions, type Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { turn } from '../support/eventually.ts';
import { logged } from '../support/fixture.ts';
import {
  type HttpDriver,
  httpDriver,
  type HttpDriverOptions,
  virtualClock,
} from 'mcp-actors/testing';

const MINUTE = 60_000;
const TURNS_TO_WAKE = 50;

/** A runtime on a real port and a virtual clock, with everything the session model asks for. */
export interface ProbedRuntime {
  readonly runtime: Runtime;
  readonly driver: HttpDriver;
  readonly close: () => Promise<void>;
}

export async function startProbedRuntime(
  options: Partial<RuntimeOptions<unknown>> = {},
  driverOptions: Partial<HttpDriverOptions> = {},
  { restMs = 6 * MINUTE } = {},
): Promise<ProbedRuntime> {
  const clock = virtualClock();
  const gate = new Gate();
  let built = 0;
  const factory = async (session: Session): Promise<McpServer> => {
    // Long enough for whatever its client says meanwhile to get here before the server is there.
    if (session.wakeCount > 0) for (let i = 0; i < TURNS_TO_WAKE; i++) await turn();
    const server = new McpServer(
      { name: 'probed', version: '1.0.0' },
      { ...session.serverOptions, capabilities: { logging: {} } },
    );
    const instance = ++built;
    server.registerTool('quick', {}, () => text('quick'));
    server.registerTool('instance', {}, () => text(`server ${instance}`));
    server.registerTool('slow', {}, async ({ sendNotification, signal }) => {
      await sendNotification(logged('it runs'));
      await gate.pass(signal);
      return text('slow');
    });
    server.registerTool('ask', {}, async ({ sendRequest }) => {
      const requestedSchema = { type: 'object' as const, properties: {} };
      const params = { mode: 'form' as const, message: 'Well?', requestedSchema };
      const request = { method: 'elicitation/create' as const, params };
      return text((await sendRequest(request, ElicitResultSchema)).action);
    });
    server.registerTool('notice', {}, async () => {
      await server.server.notification(logged('hear, hear'));
      return text('said');
    });
    return server;
  };
  const runtime = createRuntime<unknown>({
    server: factory,
    clock,
    keepAliveMs: 10 * MINUTE,
    principal: (_, { headers }) => headers['x-user']?.toString(),
    ...options,
  });
  const host = await serve(runtime, { port: 0, contain: false });
  const driver = httpDriver({
    name: 'our runtime',
    url: host.url,
    quick: { name: 'quick' },
    slow: { name: 'slow', finish: () => gate.open() },
    ask: { name: 'ask' },
    notice: { name: 'notice' },
    instance: { name: 'instance' },
    headers: { 'x-user': 'alice' },
    foreign: { 'x-user': 'mallory' },
    time: { advance: (ms) => clock.elapse(ms), restMs, expireMs: 40 * MINUTE },
    // Not awaited: what is in flight settles when the driver moves time on.
    evict: (id) => void runtime.evict(id),
    ...driverOptions,
  });
  const close = async (): Promise<void> => {
    host.server.closeAllConnections();
    const end = { isHere: false };
    const closed = host.close({ deadlineMs: 1 }).finally(() => (end.isHere = true));
    // Deadlines of the end are on the virtual clock as well.
    while (!end.isHere) await clock.elapse(MINUTE);
    await closed;
  };
  return { runtime, driver, close };
}

/** Where one slow call at a time waits. */
class Gate {
  #open: () => void = () => {};

  open(): void {
    this.#open();
  }

  pass(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#open = resolve;
      signal.addEventListener('abort', () => resolve());
    });
  }
}

function text(said: string): CallToolResult {
  return { content: [{ type: 'text', text: said }] };
}

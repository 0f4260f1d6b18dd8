import type { Client as ClientV2 } from '@modelcontextprotocol/client';
import { McpServer } from '@modelcontextprotocol/server';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { createRuntime, type Session } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod';
import { callText, connect, sdkV1, sdkV2 } from './support/sdkClients.ts';

const FORM = { type: 'object', properties: { name: { type: 'string' } } } as const;

interface State {
  count: number;
  /** Settles when a call of `wait` was told to stop. */
  stopped: Promise<string>;
}

const text = (value: unknown) => ({ content: [{ type: 'text' as const, text: String(value) }] });

const initialState = (): State => ({ count: 0, stopped: new Promise(() => {}) });

/** A server of `@modelcontextprotocol/server` with a tool for each thing a session carries. */
function createServer(session: Session<State>): McpServer {
  const { serverOptions, state } = session;
  const server = new McpServer(
    { name: 'v2', version: '1.0.0' },
    { ...serverOptions, capabilities: { logging: {} } },
  );

  server.registerTool('count', { inputSchema: z.object({ by: z.number() }) }, async ({ by }) => {
    state.count += by;
    return text(state.count);
  });
  server.registerTool('progress', {}, async ({ mcpReq: { _meta, notify } }) => {
    for (const progress of [1, 2, 3]) {
      const params = { progressToken: _meta?.progressToken, progress, total: 3 };
      await notify({ method: 'notifications/progress', params });
    }
    return text('done');
  });
  server.registerTool('log', {}, async ({ mcpReq }) => {
    await mcpReq.log('debug', 'too quiet');
    await mcpReq.log('warning', 'loud enough');
    return text('logged');
  });
  server.registerTool('elicit', {}, async ({ mcpReq }) => {
    const { action, content } = await mcpReq.elicitInput({
      message: 'Who?',
      requestedSchema: FORM,
    });
    return text(`${action} ${String(content?.['name'])}`);
  });
  server.registerTool('wait', {}, async ({ mcpReq: { _meta, notify, signal } }) => {
    state.stopped = new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve('stopped'));
    });
    const params = { progressToken: _meta?.progressToken, progress: 1 };
    await notify({ method: 'notifications/progress', params });
    return text(await state.stopped);
  });
  server.registerTool('stopped', {}, async () => text(await state.stopped));
  server.registerTool('who', {}, async ({ sessionId }) => text(sessionId === session.id));
  return server;
}

/** Serves it for the running test. */
async function start(): Promise<string> {
  const runtime = createRuntime({ server: createServer, state: initialState });
  const host = await serve(runtime, { port: 0, contain: false });
  onTestFinished(async () => void (await host.close({ deadlineMs: 1 })));
  return host.url;
}

interface CallOptions {
  readonly signal?: AbortSignal;
  readonly onprogress?: (progress: { progress: number }) => void;
}

/** A client that answers to elicitations, and the log messages it was told. */
interface Prepared {
  readonly client: Client | ClientV2;
  readonly logs: unknown[];
  readonly call: (name: string, options: CallOptions) => Promise<unknown>;
}

const ACCEPTED = { action: 'accept' as const, content: { name: 'Ada' } };
const OPTIONS = { capabilities: { elicitation: {} } };

function prepareV1(): Prepared {
  const client = sdkV1(OPTIONS);
  const logs: unknown[] = [];
  client.setRequestHandler(ElicitRequestSchema, () => ACCEPTED);
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    logs.push(params.data);
  });
  return { client, logs, call: (name, options) => client.callTool({ name }, undefined, options) };
}

function prepareV2(): Prepared {
  const client = sdkV2(OPTIONS);
  const logs: unknown[] = [];
  client.setRequestHandler('elicitation/create', () => ACCEPTED);
  client.setNotificationHandler('notifications/message', ({ params }) => {
    logs.push(params.data);
  });
  return { client, logs, call: (name, options) => client.callTool({ name }, options) };
}

describe.each([
  ['v1', prepareV1],
  ['v2', prepareV2],
])('a v2 McpServer in a session, over http, with a client of SDK %s', (_, prepare) => {
  it('answers tool calls from the state of its own session', async () => {
    const url = await start();
    const [one, other] = [prepare().client, prepare().client];
    await connect(one, url);
    await connect(other, url);
    expect(await callText(one, 'count', { by: 2 })).toBe('2');
    expect(await callText(one, 'count', { by: 3 })).toBe('5');
    expect(await callText(other, 'count', { by: 1 })).toBe('1');
    expect(await callText(one, 'who')).toBe('true');
  });

  it('tells progress before the answer', async () => {
    const { client, call } = prepare();
    await connect(client, await start());
    const seen: number[] = [];
    await call('progress', { onprogress: ({ progress }) => seen.push(progress) });
    expect(seen).toEqual([1, 2, 3]);
  });

  it('logs at the level this client set', async () => {
    const { client, logs } = prepare();
    await connect(client, await start());
    await client.setLoggingLevel('warning');
    expect(await callText(client, 'log')).toBe('logged');
    expect(logs).toEqual(['loud enough']);
  });

  it('asks its client, and hears the answer', async () => {
    const { client } = prepare();
    await connect(client, await start());
    expect(await callText(client, 'elicit')).toBe('accept Ada');
  });

  it('stops a tool call when its client cancels it', async () => {
    const { client, call } = prepare();
    await connect(client, await start());
    const cancel = new AbortController();
    const onprogress = (): void => cancel.abort('enough');
    await expect(call('wait', { signal: cancel.signal, onprogress })).rejects.toThrow('enough');
    expect(await callText(client, 'stopped')).toBe('stopped');
  });
});

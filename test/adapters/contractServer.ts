import { setTimeout as wait } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import {
  type CallToolResult,
  CreateMessageResultSchema,
  ElicitResultSchema,
  type ServerNotification,
  type ServerRequest,
} from '@modelcontextprotocol/sdk/types.js';
import type { Session } from 'mcp-actors';
import * as z from 'zod';

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

/** Resources released so far, by session: each session owns one. */
export type Released = Map<string, number>;

/** What the contract is about, one server a session; self-contained, because a child runs it too. */
export function createContractServer(session: Session, released: Released): McpServer {
  released.set(session.key, 0);
  session.own(() => released.set(session.key, (released.get(session.key) ?? 0) + 1));
  const server = new McpServer(
    { name: 'contract', version: '1.0.0' },
    { ...session.serverOptions, capabilities: { logging: {}, tools: { listChanged: true } } },
  );
  const gates = new Map<string, { passed: Promise<void>; open: () => void }>();
  let aborted = 0;

  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => say(text));

  /** Waits for `open` of the same name, whichever comes first. */
  server.registerTool('pass', { inputSchema: { gate: z.string() } }, async ({ gate }) => {
    await gateOf(gate).passed;
    return say(`passed ${gate}`);
  });
  server.registerTool('open', { inputSchema: { gate: z.string() } }, ({ gate }) => {
    gateOf(gate).open();
    return say(`opened ${gate}`);
  });

  server.registerTool('progress', { inputSchema: { count: z.number() } }, ({ count }, extra) => {
    for (let i = 1; i <= count; i++) report(extra, i);
    return say(`progressed ${count}`);
  });

  /** Until it is cancelled; says that it has begun. */
  server.registerTool('hang', {}, async (extra) => {
    report(extra, 1);
    await new Promise((_resolve, reject) => {
      extra.signal.addEventListener('abort', () => {
        aborted++;
        reject(new Error('aborted'));
      });
    });
    return say('never');
  });
  server.registerTool('aborted', {}, () => say(`${aborted}`));

  /** Takes a while; says that it has begun. */
  server.registerTool('linger', {}, async (extra) => {
    report(extra, 1);
    await wait(100);
    return say('lingered');
  });

  server.registerTool('log', { inputSchema: { text: z.string() } }, async ({ text }, extra) => {
    const params = { level: 'info' as const, data: text };
    await extra.sendNotification({ method: 'notifications/message', params });
    return say(text);
  });

  /** Says more than a line may hold, and waits for each word to be taken. */
  server.registerTool('talk', { inputSchema: { words: z.number() } }, async ({ words }, extra) => {
    const params = { level: 'info' as const, data: 'x'.repeat(10_000) };
    for (let i = 0; i < words; i++) {
      await extra.sendNotification({ method: 'notifications/message', params });
    }
    return say(`said ${words}`);
  });

  server.registerTool('elicit', { inputSchema: { message: z.string() } }, async (args, extra) => {
    const requestedSchema = { type: 'object' as const, properties: {} };
    const params = { ...args, mode: 'form' as const, requestedSchema };
    const request = { method: 'elicitation/create' as const, params };
    const { action, content } = await extra.sendRequest(request, ElicitResultSchema);
    return say(`${action} ${JSON.stringify(content)}`);
  });

  server.registerTool('sample', { inputSchema: { prompt: z.string() } }, async (args, extra) => {
    const content = { type: 'text' as const, text: args.prompt };
    const params = { messages: [{ role: 'user' as const, content }], maxTokens: 10 };
    const request = { method: 'sampling/createMessage' as const, params };
    const result = await extra.sendRequest(request, CreateMessageResultSchema);
    return say(JSON.stringify(result.content));
  });

  /** Says something that belongs to no request. */
  server.registerTool('grow', {}, () => {
    server.sendToolListChanged();
    return say('grown');
  });

  server.registerTool('whoami', {}, ({ authInfo }) => {
    return say(JSON.stringify({ principal: session.principal, client: authInfo?.clientId }));
  });

  return server;

  function gateOf(name: string): { passed: Promise<void>; open: () => void } {
    let gate = gates.get(name);
    if (gate === undefined) {
      let open!: () => void;
      const passed = new Promise<void>((resolve) => (open = resolve));
      gates.set(name, (gate = { passed, open }));
    }
    return gate;
  }
}

function report({ _meta, sendNotification }: Extra, progress: number): void {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return;
  const params = { progressToken, progress };
  void sendNotification({ method: 'notifications/progress', params });
}

function say(text: string): CallToolResult {
  return { content: [{ type: 'text', text }] };
}

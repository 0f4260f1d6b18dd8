import type { Session } from 'mcp-actors';
import { z } from 'zod';
import { handleTools } from './handleTools.ts';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { AddTool, ToolWorld } from './toolWorld.ts';

export interface State {
  count: number;
  text?: string;
}

const ANSWER = z.object({ action: z.string(), content: z.unknown() });
const SAMPLE = z.object({ content: z.object({ text: z.string() }) });

/** A server that counts, asks its client, and says where it runs. */
export function toolServer(session: Session<State>, world: ToolWorld): McpServer {
  const server = new McpServer(
    { name: 'tools', version: '1.0.0' },
    { ...session.serverOptions, capabilities: { logging: {}, tools: { listChanged: true } } },
  );
  const tool: AddTool = (name, schema, run) => {
    server.registerTool(name, { inputSchema: schema }, async (args, extra) => {
      world.begun.push(`${world.name} ${name}`);
      const text = await run(args as Record<string, string>, extra);
      return { content: [{ type: 'text', text }] };
    });
  };
  const words = { text: z.string() };

  tool('where', {}, async () => world.name);
  tool('who', {}, async () => JSON.stringify({ id: session.id, key: session.key }));
  tool('count', {}, async () => {
    const { count } = await session.update((state) => ({ count: state.count + 1 }));
    return String(count);
  });
  tool('remember', words, async ({ text }) => {
    const { count } = await session.update((state) => ({ count: state.count + 1, text: text! }));
    return String(count);
  });
  /** Waits at a gate, and tells whether it was stopped. */
  tool('hold', words, async ({ text }, { signal }) => {
    await world.gates.pass(text!, signal);
    return `held ${text}`;
  });
  /** Tells progress, waiting at a gate before the last. */
  tool('progress', words, async ({ text }, { _meta, sendNotification, signal }) => {
    const progressToken = _meta?.progressToken ?? 'none';
    for (const progress of [1, 2, 3]) {
      if (progress === 3) await world.gates.pass(text!, signal);
      const params = { progressToken, progress, total: 3 };
      await sendNotification({ method: 'notifications/progress', params });
    }
    return 'progressed';
  });
  tool('ask', words, async ({ text }, { sendRequest }) => {
    const requestedSchema = { type: 'object' as const, properties: {} };
    const params = { mode: 'form' as const, message: text!, requestedSchema };
    const answer = await sendRequest({ method: 'elicitation/create', params }, ANSWER);
    return `${text}: ${answer.action}`;
  });
  /** Waits at a gate, and asks then. */
  tool('askLater', words, async ({ text }, { sendRequest, signal }) => {
    await world.gates.pass(text!, signal);
    const requestedSchema = { type: 'object' as const, properties: {} };
    const params = { mode: 'form' as const, message: text!, requestedSchema };
    return (await sendRequest({ method: 'elicitation/create', params }, ANSWER)).action;
  });
  tool('sample', words, async ({ text }, { sendRequest }) => {
    const content = { type: 'text' as const, text: text! };
    const params = { messages: [{ role: 'user' as const, content }], maxTokens: 9 };
    const answer = await sendRequest({ method: 'sampling/createMessage', params }, SAMPLE);
    return answer.content.text;
  });
  handleTools(tool, world);
  /** Says something that belongs to no call. */
  tool('tell', words, async ({ text }) => {
    session.notify('notifications/message', { level: 'info', data: text });
    session.notify('notifications/tools/list_changed');
    return 'told';
  });
  return server;
}

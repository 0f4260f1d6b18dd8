import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, currentSession, type Runtime } from 'mcp-actors';
import * as z from 'zod';

function say(value: string | number | boolean) {
  return { content: [{ type: 'text' as const, text: String(value) }] };
}

/** The runtime that runs on each host: a tool for each thing that the contract looks at. */
export function createContractRuntime(): Runtime<{ count: number }> {
  return createRuntime({
    state: () => ({ count: 0 }),
    server(session) {
      const server = new McpServer(
        { name: 'contract', version: '1.0.0' },
        { ...session.serverOptions, capabilities: { logging: {} } },
      );
      server.registerTool('count', {}, async () => {
        const { count } = await session.update((state) => ({ count: state.count + 1 }));
        return say(count);
      });
      server.registerTool('progress', {}, async ({ mcpReq }) => {
        const progressToken = mcpReq._meta?.progressToken;
        if (progressToken === undefined) return say('nobody listens');
        for (const progress of [1, 2, 3]) {
          const params = { progressToken, progress };
          await mcpReq.notify({ method: 'notifications/progress', params });
        }
        return say('done');
      });
      server.registerTool('ask', {}, async ({ mcpReq }) => {
        const { action } = await mcpReq.elicitInput({
          message: 'well?',
          requestedSchema: { type: 'object', properties: {} },
        });
        return say(action);
      });
      server.registerTool('wait', {}, async ({ mcpReq }) => {
        await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve));
        await session.update((state) => ({ count: state.count + 100 }));
        return say('stopped');
      });
      server.registerTool('hangUp', {}, async ({ http }) => {
        http?.closeSSE?.();
        return say('resumed');
      });
      server.registerTool('log', { inputSchema: z.object({ text: z.string() }) }, ({ text }) => {
        session.notify('notifications/message', { level: 'info', data: text });
        return say('logged');
      });
      server.registerTool('where', {}, () => say(currentSession().key === session.key));
      return server;
    },
  });
}

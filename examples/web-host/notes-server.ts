import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime } from 'mcp-actors';
import { z } from 'zod';

/** A small stateful server: every session has notes of its own, and is asked before they go. */
export const notes = createRuntime({
  state: (): string[] => [],
  server(session) {
    const server = new McpServer({ name: 'notes', version: '1.0.0' }, session.serverOptions);
    server.registerTool('list', { description: 'Shows your notes.' }, () => {
      return say(session.state.join('\n') || 'No notes yet.');
    });
    const inputSchema = { text: z.string() };
    server.registerTool('add', { description: 'Keeps a note.', inputSchema }, async ({ text }) => {
      await session.update((all) => [...all, text]);
      return say(`Kept note ${session.state.length}.`);
    });
    const description = 'Forgets your notes, if you agree.';
    server.registerTool('clear', { description }, async ({ requestId, signal }) => {
      const question = {
        message: `Forget all of your notes (${session.state.length})?`,
        requestedSchema: {
          type: 'object' as const,
          properties: { sure: { type: 'boolean' as const, title: 'Yes, all of them' } },
        },
      };
      const options = { relatedRequestId: requestId, signal };
      const { action, content } = await server.server.elicitInput(question, options);
      if (action !== 'accept' || content?.['sure'] !== true) return say('Kept them.');
      await session.update(() => []);
      return say('Forgot them.');
    });
    return server;
  },
});

function say(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

/**
 * A process of its own that keeps tasks, handles and what asks in a store. The tool `work` ends when
 * a request to another path says so.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime, defineHandle, principalLocal } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { z } from 'zod';
import { storeAt } from './storeAt.ts';

const [place = ''] = process.argv.slice(2);
const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });

const boxes = defineHandle({
  name: 'box',
  state: () => ({ things: [] as string[] }),
  open: () => ({ openedBy: process.pid }),
});
const notes = principalLocal<string[]>(() => [], { name: 'notes' });
const working: (() => void)[] = [];

const runtime = createRuntime({
  store: storeAt(place),
  principal: (_, { headers }) => headers['x-user'] as string | undefined,
  tasks: { mode: (tool) => (tool === 'work' ? 'task' : 'call') },
  server(session) {
    const server = new McpServer({ name: 'keeping', version: '1' }, session.serverOptions);
    boxes.register(server, z);
    const box = boxes.argument(z);
    server.registerTool('put', { inputSchema: { box, thing: z.string() } }, (args) =>
      boxes.use(args.box, async ({ openedBy }, handle) => {
        const { things } = await handle.update((state) => void state.things.push(args.thing));
        return text(`${things.join()} of ${openedBy}`);
      }),
    );
    server.registerTool('note', { inputSchema: { word: z.string() } }, async ({ word }) =>
      text((await notes.update((words) => void words.push(word))).join()),
    );
    server.registerTool('work', { inputSchema: {} }, async () => {
      await new Promise<void>((resolve) => working.push(resolve));
      return text('worked');
    });
    server.registerTool('ask', { inputSchema: {} }, async () => {
      const requestedSchema = { type: 'object', properties: {} } as const;
      const { action } = await server.server.elicitInput({ message: 'Sure?', requestedSchema });
      return text(action);
    });
    return server;
  },
});
const { url } = await serve(runtime, {
  port: 0,
  otherwise(_request, response) {
    for (const done of working.splice(0)) done();
    response.end();
  },
});
console.log(url);

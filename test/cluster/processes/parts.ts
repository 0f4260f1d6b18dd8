import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, defineHandle, principalLocal } from 'mcp-actors';
import { logTo } from 'mcp-actors/log';
import { serve } from 'mcp-actors/node';
import { redisCluster } from 'mcp-actors/redis';
import * as z from 'zod';

// One of several processes whose clients have tasks, handles, and values of their own.
const { LEASE_MS, NODE_NAME: name = '', PORT, REDIS_URL: url = '' } = process.env;
const secret = 'of a test, for all to see: 32 characters';
const book = defineHandle<undefined, { lines: string[] }>({
  name: 'book',
  state: () => ({ lines: [] }),
  open: () => undefined,
});
const cart = principalLocal<string[]>(() => [], { name: 'cart' });
const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });

const runtime = createRuntime({
  cluster: redisCluster({ url, secret, name, leaseMs: Number(LEASE_MS) }),
  tasks: { mode: () => 'task' },
  principal: (_, { headers }) => headers['x-user']?.toString() ?? 'everybody',
  server(session) {
    const server = new McpServer({ name: 'parts', version: '1.0.0' }, session.serverOptions);
    const inputSchema = z.object({ ms: z.number() });
    server.registerTool('work', { inputSchema }, async ({ ms }) => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      return text(`by ${name}`);
    });
    const ofLine = { inputSchema: z.object({ line: z.string() }) };
    server.registerTool('openBook', ofLine, async () => text(await book.create()));
    server.registerTool('write', ofLine, ({ line }) => {
      const [id = '', word = ''] = line.split(' ');
      return book.use(id, async (_, handle) => {
        const { lines } = await handle.update((state) => ({ lines: [...state.lines, word] }));
        return text(JSON.stringify({ by: name, lines }));
      });
    });
    server.registerTool('buy', ofLine, async ({ line }) =>
      text(JSON.stringify(await cart.update((items) => [...items, line]))),
    );
    return server;
  },
});
logTo(runtime, console);
const server = await serve(runtime, { port: Number(PORT), health: true });
console.log(`Listening at ${server.url}`);

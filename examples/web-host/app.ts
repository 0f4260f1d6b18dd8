import { Hono } from 'hono';
import { z } from 'zod';
import { host } from './host.ts';
import { onError, page } from './page.ts';

const Server = z.enum(['notes', 'everything']);
const Call = z.object({ server: Server, tool: z.string(), args: z.looseObject({}) });
const Answer = z.object({ id: z.string(), answer: z.unknown() });

/** What the page asks for. Each route finds the scope of who calls, and can reach no other. */
export const app = new Hono().route('/', page).onError(onError);

app.get('/events', (c) => host.events(c.req.raw));

app.get('/tools', async (c) => {
  const scope = await host.find(c.req.raw);
  const tools = await scope.run(async ({ notes, everything }) => ({
    notes: (await notes.listTools()).tools,
    everything: (await everything.listTools()).tools,
  }));
  return c.json({ key: scope.key, tools });
});

app.post('/call', async (c) => {
  const scope = await host.find(c.req.raw);
  const { server, tool, args } = Call.parse(await c.req.json());
  const result = await scope.run((clients, signal) => {
    const options = { signal, onprogress: () => {}, timeout: 300_000 };
    return clients[server].callTool({ name: tool, arguments: args }, undefined, options);
  });
  scope.publish('result', { server, tool, result });
  return c.json(result);
});

app.post('/answer', async (c) => {
  const scope = await host.find(c.req.raw);
  const { id, answer } = Answer.parse(await c.req.json());
  return c.body(null, scope.answer(id, answer) ? 204 : 404);
});

import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { runtime } from './server.ts';

const app = new Hono();
app.all('/mcp', (c) => runtime.fetch(c.req.raw));
const options = { fetch: app.fetch, port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1' };
serve(options, ({ port }) => console.log(`http://127.0.0.1:${port}/mcp`));

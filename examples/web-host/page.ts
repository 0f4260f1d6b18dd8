import { readFileSync } from 'node:fs';
import { type Context, Hono } from 'hono';
import { ScopeRefused } from 'mcp-actors/host';
import { ZodError } from 'zod';
import { host } from './host.ts';

const SECURITY = {
  'Content-Security-Policy': "default-src 'self'",
  'X-Content-Type-Options': 'nosniff',
};
const file = (name: string): string =>
  readFileSync(new URL(`page/${name}`, import.meta.url), 'utf8');

/** The page and its files. Only opening the page makes a scope; everything else must find one. */
export const page = new Hono();

page.get('/', async (c) => {
  const { headers } = await host.enter(c.req.raw);
  return c.html(file('page.html'), 200, { ...SECURITY, ...Object.fromEntries(headers) });
});
page.get('/page.css', (c) => c.body(file('page.css'), 200, { 'Content-Type': 'text/css' }));
page.get('/page.js', (c) => c.body(file('page.js'), 200, { 'Content-Type': 'text/javascript' }));
page.get('/favicon.ico', (c) => c.body(null, 204));

page.post('/leave', async (c) => {
  const scope = await host.find(c.req.raw);
  scope.close();
  return c.body(null, 204);
});

export function onError(error: Error, c: Context): Response {
  if (error instanceof ScopeRefused) return error.toResponse();
  const isBad = error instanceof ZodError || error instanceof SyntaxError;
  return isBad ? c.json({ error: 'bad request' }, 400) : c.json({ error: error.message }, 502);
}

// A web host: everyone who opens the page has MCP servers of their own, and nothing crosses.
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { app } from './app.ts';
import { check } from './check.ts';
import { host } from './host.ts';
import { notes } from './notes-server.ts';

const isCheck = process.argv.includes('--check');
const port = isCheck ? 0 : Number(process.env['PORT'] ?? 3000);
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port });
if (!server.listening)
  await new Promise<void>((resolve) => server.once('listening', () => resolve()));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function close(): Promise<void> {
  server.close();
  await host.drain({ deadlineMs: 2000 });
  await host.close();
  await notes.close();
}
if (isCheck) {
  await check(url);
  await close();
} else {
  console.log(`Open ${url} in two browsers`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
}

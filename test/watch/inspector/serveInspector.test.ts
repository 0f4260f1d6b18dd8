import { createRuntime } from 'mcp-actors';
import { serveInspector } from 'mcp-actors/inspector';
import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../../src/http/endpointOf.ts';
import { FakeServer } from '../../support/fakeServer.ts';
import { call, notification } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';
import { poll } from './support/poll.ts';
import { inspect } from './support/inspect.ts';
import { FeedReader, visit } from './support/visit.ts';

const PATHS = ['', 'page.js', 'page.css', 'feed', 'charts', 'export.jsonl', 'session/abc'];
const runtimeOf = () => createRuntime({ server: () => new FakeServer() });

describe('serveInspector', () => {
  it('has a URL nobody can guess, another one each time', async () => {
    const [one, other] = [await inspect(runtimeOf()), await inspect(runtimeOf())];
    const token = new URL(one.url).pathname.slice(1, -1);
    // 26 characters of 32.
    expect(token).toMatch(/^[a-z2-7]{26}$/);
    expect(new URL(other.url).pathname).not.toBe(new URL(one.url).pathname);
    expect(new URL(one.url).hostname).toBe('127.0.0.1');
  });

  it.each(PATHS)('gives nothing at "%s" without the token', async (path) => {
    const { url } = await inspect(runtimeOf());
    const nowhere = await visit(url, '/');
    for (const wrong of ['', 'a'.repeat(26), new URL(url).pathname.slice(1, -2), '%00', '..']) {
      const answer = await visit(url, `/${wrong}/${path}`);
      expect(answer).toMatchObject({ status: 404, text: nowhere.text });
    }
  });

  it('gives nothing to a foreign host or origin', async () => {
    const { url } = await inspect(runtimeOf());
    const { host } = new URL(url);
    const status = async (headers: Record<string, string>): Promise<number> =>
      (await visit(url, 'charts', { headers })).status;
    expect(await status({ host: 'evil.example' })).toBe(403);
    expect(await status({ host: `127.0.0.1.evil.example:80` })).toBe(403);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ origin: 'null' })).toBe(403);
    // Another server of this machine is foreign as well.
    expect(await status({ origin: 'http://127.0.0.1:1' })).toBe(403);
    expect(await status({ origin: `http://${host}` })).toBe(200);
    expect(await status({ host: `localhost:${new URL(url).port}` })).toBe(200);
  });

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'])('takes no %s', async (method) => {
    const { url } = await inspect(runtimeOf());
    for (const path of PATHS) {
      const { status, headers } = await visit(url, path, { method });
      expect(status).toBe(405);
      expect(headers.allow).toBe('GET');
    }
  });

  it('lets a page do nothing but run our script and read from where it came', async () => {
    const { url } = await inspect(runtimeOf());
    for (const path of [...PATHS.filter((each) => each !== 'feed'), '/', 'nothing']) {
      const { headers } = await visit(url, path);
      expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self';/);
      expect(headers['content-security-policy']).not.toMatch(/unsafe|https?:|\*/);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['referrer-policy']).toBe('no-referrer');
      expect(headers['cache-control']).toBe('no-store');
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('names no other server in anything a page loads', async () => {
    const { url } = await inspect(runtimeOf());
    for (const path of ['', 'page.js', 'page.css']) {
      const { text, status } = await visit(url, path);
      expect(status).toBe(200);
      const named = text.match(/https?:\/\/[\w.-]+/g) ?? [];
      // Names of XML vocabularies are no addresses.
      expect(named.filter((name) => name !== 'http://www.w3.org')).toEqual([]);
    }
  });

  it('says nothing of wire ids, nor of what was said', async () => {
    // Not even where others are told what is in a message.
    const { runtime, connect } = await startRig('fetch', { announceContent: true });
    const { url } = await inspect(runtime);
    const feed = await FeedReader.open(url);
    const client = await connect();
    await client.ask(call(1, 'echo', { text: 'a very secret text' }));
    await client.post(notification('notifications/cancelled', { requestId: 'a-secret-id' }));
    await feed.until(() =>
      [...feed.rows.values()].some(({ seen }) => (seen as { in: number }).in > 2),
    );
    const [key = ''] = feed.rows.keys();
    const detail = await visit(url, `session/${key}`);
    const exported = await visit(url, 'export.jsonl');
    expect(exported.text).toContain('"method":"tools/call"');
    for (const text of [detail.text, exported.text, JSON.stringify(feed.lines)]) {
      expect(text).toContain(key);
      expect(text).not.toContain(client.sessionId);
      expect(text).not.toContain('secret');
    }
    feed.leave();
  });

  it('takes so many pages and no more', async () => {
    const { url } = await inspect(runtimeOf(), { maxViewers: 2 });
    const pages = [await FeedReader.open(url), await FeedReader.open(url)];
    expect((await visit(url, 'feed')).status).toBe(503);
    expect((await visit(url, 'export.jsonl')).status).toBe(503);
    expect((await visit(url, '')).status).toBe(200);
    for (const page of pages) page.leave();
    await poll(async () => (await visit(url, 'export.jsonl')).status).toBe(200);
  });

  it('listens for as long as it is open, whether a page is or not', async () => {
    const runtime = runtimeOf();
    const { events } = endpointOf(runtime).services;
    const inspector = await serveInspector(runtime);
    expect(events.listeners('message')).toBe(1);
    const feed = await FeedReader.open(inspector.url);
    await inspector.close();
    await feed.ended;
    for (const name of ['message', 'session.transition', 'session.ended', 'deadletter'] as const) {
      expect(events.listeners(name)).toBe(0);
    }
    await expect(visit(inspector.url)).rejects.toThrow('ECONNREFUSED');
    await inspector.close();
  });

  it('comes back at the same URL where port and token are given', async () => {
    const first = await serveInspector(runtimeOf(), { token: 'A'.repeat(22) });
    const port = Number(new URL(first.url).port);
    await first.close();
    const second = await inspect(runtimeOf(), { token: 'A'.repeat(22), port });
    expect(second.url).toBe(first.url);
    await expect(serveInspector(runtimeOf(), { port })).rejects.toThrow('EADDRINUSE');
  });

  it.each([
    ['host', { host: '0.0.0.0' }],
    ['host', { host: 'example.com' }],
    ['token', { token: 'too-short' }],
    ['token', { token: `${'a'.repeat(22)}/` }],
    ['port', { port: 70_000 }],
    ['maxViewers', { maxViewers: 0 }],
    ['flushMs', { flushMs: Infinity }],
  ])('refuses a bad %s before anything opens: %o', async (name, options) => {
    const runtime = runtimeOf();
    await expect(serveInspector(runtime, options)).rejects.toThrow(name);
    expect(endpointOf(runtime).services.events.listeners('message')).toBe(0);
  });
});

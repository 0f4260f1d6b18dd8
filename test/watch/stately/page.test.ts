import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';
import { createStatelyBridge, type StatelyPacket } from 'mcp-actors/stately';
import { type Browser, chromium, type Frame, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { Inspected } from '../../support/inspected.ts';

/** What stands in for the hosted inspector: the package's own receiver for browsers, in a page. */
const RECEIVER = `
import { createBrowserReceiver } from '@statelyai/inspect';
window.received = [];
createBrowserReceiver().subscribe((event) => window.received.push(event));
`;

async function startInspector(): Promise<URL> {
  const { outputFiles } = await build({
    stdin: { contents: RECEIVER, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
  });
  const html = `<!doctype html><title>Inspector</title><script type="module">${outputFiles[0]!.text}</script>`;
  const server = createServer((request, response) => {
    referrers.push(request.headers.referer ?? '');
    response.setHeader('content-type', 'text/html').end(html);
  });
  server.listen(0);
  await once(server, 'listening');
  afterAll(() => void server.close());
  // Another origin than the page around it, as the hosted one is.
  return new URL(`http://localhost:${(server.address() as AddressInfo).port}/inspect`);
}

const referrers: string[] = [];
let browser: Browser;
let inspector: URL;

beforeAll(async () => {
  inspector = await startInspector();
  browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
});

afterAll(() => browser.close());

/** Opens a page for the running test. */
async function open(url: string): Promise<Page> {
  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

function inspectorIn(page: Page): Frame {
  const frame = page.frames().find((each) => each.url() === inspector.href);
  if (frame === undefined) throw new Error('the inspector is not there');
  return frame;
}

/** Runs in the page of the inspector. */
function knows(count: number): boolean {
  const { received: packets } = globalThis as unknown as { received?: StatelyPacket[] };
  return new Set(packets?.map(({ sessionId }) => sessionId)).size >= count;
}

/** What the inspector in a page has received, once it knows so many actors. */
async function received(page: Page, actors: number): Promise<Inspected> {
  const frame = inspectorIn(page);
  await frame.waitForFunction(knows, actors);
  const packets = await frame.evaluate(
    () => (globalThis as unknown as { received: StatelyPacket[] }).received,
  );
  const inspected = new Inspected();
  for (const packet of packets) inspected.take(packet);
  return inspected;
}

describe('the page around the hosted inspector', () => {
  it('shows it the sessions, again when its frame reloads, and again when the process is back', async () => {
    const world = new FakeRuntime();
    const bridge = createStatelyBridge(world.runtime);
    onTestFinished(() => bridge.close());
    const options = { inspectorUrl: inspector.href, token: 'a-token-of-our-own-123' };
    const first = await bridge.serve(options);
    await world.open();
    await world.quiet();
    const page = await open(first.url);
    const seen = await received(page, 2);
    expect(seen.faults).toEqual([]);
    expect(seen.root?.name).toBe('supervisor');
    expect(Object.values(seen.states)).toEqual(['idle.warm']);
    await world.open();
    expect((await received(page, 3)).faults).toEqual([]);
    await page.getByText(`events shown to ${inspector.origin}`).waitFor();

    // A frame that reloads has forgotten everything.
    await inspectorIn(page).evaluate(() => globalThis.location.reload());
    const again = await received(page, 3);
    expect(again.faults).toEqual([]);
    expect(Object.values(again.states).toSorted()).toEqual(['active', 'idle.warm']);
    await eventually(() => bridge.stats().viewers === 1);

    // The process goes and comes back.
    await first.close();
    await page.getByText('trying again').waitFor();
    expect(bridge.stats().viewers).toBe(0);
    await world.open();
    await bridge.serve({ ...options, port: first.port });
    expect(Object.keys((await received(page, 4)).states)).toHaveLength(3);
    await world.runtime.close();
    // The token is in the URL of our page, and stays there.
    expect(referrers.length).toBeGreaterThan(1);
    expect(referrers.join()).not.toContain(options.token);
  });

  it('gives nothing to a page that puts it into a frame, nor takes a foreign word for the inspector’s', async () => {
    const world = new FakeRuntime();
    const bridge = createStatelyBridge(world.runtime);
    onTestFinished(() => bridge.close());
    const { url } = await bridge.serve({ inspectorUrl: inspector.href });
    const server = createServer((_, response) => {
      const body = `<!doctype html><iframe src="${url}"></iframe>`;
      response.setHeader('content-type', 'text/html').end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const foreign = await open(`http://127.0.0.1:${port}/`);
    await foreign.evaluate(() => {
      globalThis.frames[0]?.postMessage({ type: '@statelyai.connected' }, '*');
    });
    const page = await open(url);
    // The word of its own window: heard, and it is not the frame's.
    await page.evaluate(() => globalThis.postMessage({ type: '@statelyai.connected' }, '*'));
    await received(page, 1);
    expect(bridge.stats()).toMatchObject({ viewers: 1, sent: 1 });
    await world.runtime.close();
  });
});

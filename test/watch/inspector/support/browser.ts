import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, expect, onTestFinished } from 'vitest';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Promise<Browser> | undefined;

afterAll(async () => {
  await (await browser)?.close();
});

/** A page of the inspector in a real browser; the test fails when anything in it does. */
export async function openPage(url: string, options: BrowserContextOptions = {}): Promise<Page> {
  // The page is half of the inspector: where no browser is, nothing is known of it.
  if (!existsSync(CHROMIUM)) throw new Error(`there is no Chromium at ${CHROMIUM}: set CHROMIUM`);
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  const viewport = { width: 1280, height: 800 };
  const context = await (await browser).newContext({ viewport, ...options });
  const troubles: string[] = [];
  const foreign: string[] = [];
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => {
    // A server that is gone is told by the browser itself.
    const isExpected =
      /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED/.test(
        message.text(),
      );
    if (message.type() === 'error' && !isExpected) troubles.push(message.text());
  });
  page.on('request', (request) => {
    const { origin } = new URL(request.url());
    if (origin !== new URL(url).origin && !request.url().startsWith('data:')) {
      foreign.push(request.url());
    }
  });
  onTestFinished(async () => {
    await context.close();
    expect(troubles).toEqual([]);
    expect(foreign).toEqual([]);
  });
  await page.goto(url);
  await page.getByTestId('status').waitFor();
  return page;
}

/** Waits until the page says how it stands with its server. */
export async function becomes(page: Page, status: string): Promise<void> {
  await page.locator(`.status.is-${status}`).waitFor();
}

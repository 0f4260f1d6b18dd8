import type { Runtime } from 'mcp-actors';
import type { InspectorOptions } from 'mcp-actors/inspector';
import { createTestClient } from 'mcp-actors/testing';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkout } from '../../../examples/checkout/machine.ts';
import { start } from '../../../examples/checkout/server.ts';
import { contrasts, unnamed } from './support/audit.ts';
import { becomes, openPage } from './support/browser.ts';
import { inspect } from './support/inspect.ts';
import { poll } from './support/poll.ts';
import { visit } from './support/visit.ts';

const STREET = 'Secret Street 1';

/** A checkout with an address, and a page that looks at it. */
async function watched(
  options: InspectorOptions = {},
  look: Parameters<typeof openPage>[1] = {},
): Promise<{ page: Page; url: string; call: (name: string, args?: object) => Promise<unknown> }> {
  const runtime = start({});
  onTestFinished(() => runtime.close());
  const { url } = await inspect(runtime as unknown as Runtime, options);
  const { client } = await createTestClient(runtime);
  onTestFinished(() => client.close());
  const call = (name: string, args: object = {}): Promise<unknown> =>
    client.callTool({ name, arguments: { ...args } });
  await call('add_item', { item: 'apples' });
  await call('give_address', { address: STREET });
  const page = await openPage(url, look);
  await becomes(page, 'live');
  return { page, url, call };
}

const actor = (page: Page, name: string) => page.locator(`.actors button[data-actor="${name}"]`);
const lit = (page: Page, state: string) =>
  page.locator(`.charts .state.active[data-state="${state}"]`);

describe('the actors of a session', () => {
  it('are shown in their charts, with what happened and the tool that did it', async () => {
    const { page, url } = await watched();
    await lit(page, 'addressed').waitFor();
    await page
      .locator('.edge.taken[data-source="cart"][data-target="addressed"]')
      .first()
      .waitFor();
    expect(await actor(page, 'checkout').innerText()).toBe('checkout addressed');
    expect(await page.getByTestId('actor-last').innerText()).toBe(
      'cart → addressed on address.given by give_address',
    );
    await page.getByText('checkout: cart → addressed · address.given by give_address').waitFor();

    await actor(page, 'session').click();
    await lit(page, 'active').or(lit(page, 'idle.warm')).waitFor();
    await actor(page, 'checkout').click();
    await lit(page, 'addressed').waitFor();
    // Nothing of a context is in anything that is served.
    const { text: exported } = await visit(url, 'export.jsonl');
    for (const text of [await page.content(), exported]) expect(text).not.toContain(STREET);
    expect(exported).toContain('"tool":"give_address"');
  });

  it.each(['light', 'dark'] as const)(
    'have their contexts where that is said: %s',
    async (scheme) => {
      const { page } = await watched({ contexts: true }, { colorScheme: scheme });
      await lit(page, 'addressed').waitFor();
      const context = page.getByRole('region', { name: 'Context' });
      expect(JSON.parse(await context.innerText())).toEqual({ items: ['apples'], address: STREET });
      expect(await unnamed(page)).toEqual([]);
      expect(await contrasts(page, 4.5)).toEqual([]);
    },
  );

  it('are gone through in a recording, as they were at each moment', async () => {
    const { page, url } = await watched({ machines: [{ name: 'checkout', machine: checkout }] });
    const buffer = Buffer.from((await visit(url, 'export.jsonl')).text);
    const file = { name: 'sessions.jsonl', mimeType: 'text/plain', buffer };
    await page.getByLabel('Open a recording').setInputFiles(file);
    await page.locator('.list [data-key], #list button, #list tr').first().click();
    await lit(page, 'addressed').waitFor();
    const seen = new Set<string>();
    for (let i = 0; i < 40 && !seen.has('cart'); i++) {
      await page.keyboard.press(',');
      for (const state of ['addressed', 'cart']) {
        if ((await lit(page, state).count()) > 0) seen.add(state);
      }
    }
    expect(seen).toEqual(new Set(['addressed', 'cart']));
    await poll(() => actor(page, 'checkout').innerText()).toBe('checkout cart');
  });
});

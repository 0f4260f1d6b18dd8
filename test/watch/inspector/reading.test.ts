import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FakeServer } from '../../support/fakeServer.ts';
import { eventually } from '../../support/eventually.ts';
import { call, request } from '../../support/rawClient.ts';
import { startRig } from '../../support/rig.ts';
import { inspect } from './support/inspect.ts';
import { type SmallText, smallTexts } from './support/measure.ts';
import { poll } from './support/poll.ts';
import { openStage } from './support/stage.ts';
import { FeedReader, visit } from './support/visit.ts';

const row = (page: Page, key: string) => page.locator(`.row[data-key="${key}"]`);
const head = (page: Page, name: string) => page.getByRole('columnheader', { name });
/** What a column says, from the first row to the last. */
const column = async (page: Page, cell: string): Promise<string[]> => {
  const rows = await page
    .locator('.row')
    .evaluateAll(
      (all, name) =>
        all.map(
          (each) =>
            [Number(each.ariaRowIndex), each.querySelector(name)?.textContent ?? ''] as const,
        ),
      cell,
    );
  return rows.toSorted(([a], [b]) => a - b).map(([, text]) => text);
};

describe('U13: the list', () => {
  it('has a column of clients, and is sorted by each column, with the keyboard alone', async () => {
    const { page, connect, keyOf, gates } = await openStage({ quietMs: 100 });
    const busy = await connect({ name: 'beta' });
    await connect({ name: 'Alpha' });
    await connect({ name: 'gamma' });
    void busy.post(call(1, 'slow', { gate: 'g' }));
    await gates.reached('g');
    await poll(() => column(page, '.client')).toEqual(['gamma 1.0.0', 'Alpha 1.0.0', 'beta 1.0.0']);
    await poll(() => column(page, '.state-name')).toEqual(['idle.warm', 'idle.warm', 'active']);

    await page.getByRole('grid', { name: 'Sessions' }).focus();
    await page.keyboard.press('Tab');
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    expect(await focused()).toBe('session');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await poll(() => column(page, '.client')).toEqual(['Alpha 1.0.0', 'beta 1.0.0', 'gamma 1.0.0']);
    expect(await head(page, 'client').getAttribute('aria-sort')).toBe('ascending');
    expect(await head(page, 'age').getAttribute('aria-sort')).toBe('none');
    await page.keyboard.press('Enter');
    await poll(() => column(page, '.client')).toEqual(['gamma 1.0.0', 'beta 1.0.0', 'Alpha 1.0.0']);
    expect(await head(page, 'client').getAttribute('aria-sort')).toBe('descending');

    // In the order of a life: active comes before idle.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    expect(await head(page, 'state').getAttribute('aria-sort')).toBe('ascending');
    await poll(() => column(page, '.state-name')).toEqual(['active', 'idle.warm', 'idle.warm']);
    for (const [name, order] of [
      ['age', 'descending'],
      ['traffic', 'descending'],
      ['mailbox', 'descending'],
    ] as const) {
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      expect(await head(page, name).getAttribute('aria-sort')).toBe(order);
    }
    const key = await keyOf(busy);
    await poll(async () => (await column(page, '.key'))[0]).toBe(key);
    gates.open('g');
  });

  it('knows the client of a session that ended while no page was open', async () => {
    const { runtime, connect } = await startRig('fetch');
    const { url } = await inspect(runtime);
    await (await connect({ name: 'a-name' })).delete();
    await eventually(() => runtime.stats().sessions.total === 0);
    const feed = await FeedReader.open(url);
    await feed.until(() => feed.lines.some(({ type }) => type === 'ready'));
    expect([...feed.rows.values()]).toMatchObject([
      { client: 'a-name 1.0.0', reason: 'terminated' },
    ]);
    feed.leave();
    // The name is for the page: a recording has none.
    expect((await visit(url, 'export.jsonl')).text).not.toContain('a-name');
  });

  it('hides, and leaves its room to the chart', async () => {
    const { page, connect } = await openStage();
    await connect();
    await page.locator('.row').first().click();
    const drawing = page.locator('.session .drawing');
    const spill = () => drawing.evaluate((each) => each.scrollWidth - each.clientWidth);
    expect(await spill()).toBeGreaterThan(0);
    await page.keyboard.press('s');
    await page.getByRole('grid').waitFor({ state: 'hidden' });
    expect(await spill()).toBe(0);
    const button = page.getByRole('button', { name: 'List' });
    expect(await button.getAttribute('aria-expanded')).toBe('false');
    await button.click();
    await page.getByRole('grid', { name: 'Sessions' }).waitFor();
  });
});

describe('U13: one session', () => {
  it('names the tool of each call, in its messages and in its mailbox, and no argument', async () => {
    const { page, url, connect, keyOf, gates } = await openStage();
    const client = await connect();
    const key = await keyOf(client);
    await client.ask(call(1, 'echo', { text: 'an argument' }));
    await client.ask(call(2, '<img src=x onerror=alert(1)>'));
    void client.post(call(3, 'slow', { gate: 'g' }));
    await gates.reached('g');
    await row(page, key).click();
    const names = () => page.locator('.arrow em').allInnerTexts();
    const evil = '<img src=x onerror=alert(1)>';
    await poll(names).toEqual(['echo', 'echo', evil, evil, 'slow']);
    await page.locator('[data-lane="running"] em', { hasText: 'slow' }).waitFor();
    expect(await page.locator('.session img').count()).toBe(0);
    const exported = (await visit(url, 'export.jsonl')).text;
    expect(exported).toContain('"name":"echo"');
    const detail = (await visit(url, `session/${key}`)).text;
    expect(detail).toContain('"name":"slow"');
    for (const text of [exported, detail]) expect(text).not.toContain('an argument');
    gates.open('g');
  });

  it('shows what a crash said, in its messages and whole, and exports nothing of that', async () => {
    const { page, url, connect, keyOf } = await openStage({
      server: () =>
        new FakeServer((message) => {
          if (!('method' in message) || message.method !== 'boom') return;
          throw new RangeError('<b>no such row</b>', { cause: new Error('the disk is gone') });
        }),
    });
    const client = await connect();
    const key = await keyOf(client);
    await row(page, key).waitFor();
    await client.ask(request(1, 'boom'));
    await page.getByRole('tab', { name: 'Ended' }).click();
    await page.getByRole('button', { name: key }).click();
    const crash = page.getByRole('region', { name: 'Crash' });
    await crash.getByText('RangeError: <b>no such row</b>').waitFor();
    const text = await crash.innerText();
    expect(text).toMatch(/at .*reading\.test\.ts/);
    expect(text).toContain('caused by Error: the disk is gone');
    await page.locator('.step .note', { hasText: 'RangeError: <b>no such row</b>' }).waitFor();
    const { text: exported } = await visit(url, 'export.jsonl');
    expect(exported).toContain('"error":"RangeError"');
    expect(exported).not.toMatch(/no such row|the disk/);
  });
});

describe('U13: the page at 1280 × 800', () => {
  it('has no label under 11 px, charts included, in each of its tabs', async () => {
    const { page, connect, gates } = await openStage();
    const client = await connect();
    void client.post(call(1, 'slow', { gate: 'g' }));
    await gates.reached('g');
    await (await connect()).delete();
    await page.locator('.row').first().click();
    await page.locator('.arrow em').first().waitFor();
    const small: SmallText[] = [];
    const tabs = await page.getByRole('tab').allInnerTexts();
    expect(tabs).toEqual(['Session', 'Supervisor', 'Dead letters', 'Ended', 'Calls']);
    for (const name of tabs) {
      await page.getByRole('tab', { name }).click();
      await page.getByRole('tabpanel', { name }).waitFor();
      const { texts, least } = await smallTexts(page, 11);
      small.push(...texts);
      expect(least).toBeGreaterThanOrEqual(11);
    }
    expect(small).toEqual([]);
    gates.open('g');
  });

  it('scrolls a chart that is wider than its place to the active state', async () => {
    const { page, connect } = await openStage();
    const client = await connect();
    await page.locator('.row').first().click();
    await page.locator('.session .state.active[data-state="active"]').waitFor();
    await client.delete();
    const evicted = page.locator('.session .state.active[data-state="evicted"]');
    await evicted.waitFor();
    const [inner, outer] = await evicted.evaluate((each) =>
      [each, each.closest('.drawing')!].map((one) => one.getBoundingClientRect().right),
    );
    expect(inner).toBeLessThanOrEqual(outer!);
  });
});

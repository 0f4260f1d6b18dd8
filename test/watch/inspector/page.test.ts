import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { call } from '../../support/rawClient.ts';
import { becomes } from './support/browser.ts';
import { poll } from './support/poll.ts';
import { openStage } from './support/stage.ts';

const rows = (page: Page) => page.locator('.row');

describe('the page', () => {
  it('stands still while it is paused, and knows afterwards what it has missed', async () => {
    const { page, connect, keyOf } = await openStage();
    const client = await connect();
    const key = await keyOf(client);
    await rows(page).first().click();
    await page.locator('.step', { hasText: 'initialized' }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await becomes(page, 'paused');
    const steps = await page.locator('.step').count();
    await client.ask(call(1, 'echo', { text: 'x' }));
    await connect();
    const age = await page.locator('[data-fact="age"]').innerText();
    // A second page sees it: the first one could have, by now.
    const other = await page.context().newPage();
    await other.goto(page.url());
    await poll(() => rows(other).count()).toBe(2);
    expect(await rows(page).count()).toBe(1);
    expect(await page.locator('.step').count()).toBe(steps);
    expect(await page.locator('[data-fact="age"]').innerText()).toBe(age);
    await page.getByRole('button', { name: 'Resume' }).click();
    await becomes(page, 'live');
    await poll(() => rows(page).count()).toBe(2);
    await page.locator(`.session h2`, { hasText: key }).waitFor();
    await page.locator('.step', { hasText: 'answer · tools/call' }).waitFor();
  });

  it('exports what is kept, opens it again, and goes through it back and forth', async () => {
    const { page, connect, keyOf } = await openStage();
    const client = await connect();
    const key = await keyOf(client);
    await client.ask(call(1, 'echo', { text: 'x' }));
    await client.delete();
    await page.locator('.chip', { hasText: '0 sessions' }).waitFor();
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Export' }).click();
    const download = await downloading;
    const path = await download.path();
    const types = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types).toContain('ended');
    // What says where the file begins and ends is none of its moments.
    const lines = types.filter((type) => type !== 'header' && type !== 'end');

    await page.getByLabel('Open a recording').setInputFiles(path);
    await becomes(page, 'recording');
    await page
      .locator('.player output', { hasText: `${lines.length} of ${lines.length}` })
      .waitFor();
    await page.locator(`.row[data-key="${key}"]`).click();
    const active = page.locator('.session .state.active');
    await poll(() => active.getAttribute('data-state')).toBe('evicted');
    await page.getByLabel('Position in the recording').fill('3');
    await poll(() => active.getAttribute('data-state')).toMatch(/^initializing\./);
    const shown = await page.locator('.step').count();
    expect(shown).toBe(3);
    await page.getByRole('button', { name: 'One line on' }).click();
    await poll(() => page.locator('.step').count()).toBe(4);
    await page.keyboard.press(',');
    await poll(() => page.locator('.step').count()).toBe(3);
    // The whole life of it, state by state.
    const states: (string | null)[] = [];
    for (let at = 1; at <= lines.length; at++) {
      await page.getByLabel('Position in the recording').fill(String(at));
      await page.locator('.player output', { hasText: `${at} of` }).waitFor();
      if ((await active.count()) === 0) continue;
      const state = await active.getAttribute('data-state');
      if (state !== states.at(-1)) states.push(state);
    }
    expect(states).toEqual([
      'initializing.building',
      'initializing.handshaking',
      'active',
      'closing.settling',
      'closing.releasing',
      'evicted',
    ]);
    await page.getByRole('button', { name: 'Back to live' }).click();
    await becomes(page, 'live');
  });

  it('says why a file is not shown, and goes on', async () => {
    const { page } = await openStage();
    const file = { name: 'notes.jsonl', mimeType: 'text/plain', buffer: Buffer.from('hello') };
    await page.getByLabel('Open a recording').setInputFiles(file);
    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.innerText()).toContain('Line 1 is not one of a recording.');
    await becomes(page, 'live');
  });

  it('is worked by keys alone', async () => {
    const { page, connect } = await openStage();
    const clients = [await connect(), await connect(), await connect()];
    expect(clients).toHaveLength(3);
    await poll(() => rows(page).count()).toBe(3);
    const chosen = () => page.locator('.row.selected').getAttribute('aria-rowindex');
    await poll(chosen).not.toBeNull();
    await page.keyboard.press('k');
    await page.keyboard.press('k');
    await poll(chosen).toBe('2');
    await page.keyboard.press('j');
    await poll(chosen).toBe('3');
    await page.keyboard.press('2');
    await page.getByRole('heading', { name: 'Supervisor' }).waitFor();
    await page.keyboard.press('1');
    await page.keyboard.press('p');
    await becomes(page, 'paused');
    await page.keyboard.press('p');
    await becomes(page, 'live');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    await page.keyboard.type('nobody has this name p2');
    await page.getByText('No session fits.').waitFor();
    await becomes(page, 'live');
    await page.keyboard.press('Escape');
    const downloading = page.waitForEvent('download');
    await page.keyboard.press('e');
    expect((await downloading).suggestedFilename()).toBe('sessions.jsonl');
    // Every button can be reached, and it can be seen which one has the focus.
    await page.getByRole('button', { name: 'Pause' }).focus();
    await page.keyboard.press('Tab');
    const outline = await page.evaluate(
      () => getComputedStyle(document.activeElement!).outlineStyle,
    );
    expect(outline).toBe('solid');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Export');
  });

  it('is dark where one wants it dark, and fits a laptop', async () => {
    const { page, connect } = await openStage();
    await connect();
    await rows(page).first().click();
    const background = (): Promise<number[]> =>
      page.evaluate(() =>
        getComputedStyle(document.body).backgroundColor.match(/\d+/g)!.map(Number),
      );
    await page.emulateMedia({ colorScheme: 'light' });
    expect(Math.min(...(await background()))).toBeGreaterThan(200);
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(Math.max(...(await background()))).toBeLessThan(60);
    for (const size of [
      { width: 1280, height: 800 },
      { width: 1024, height: 700 },
    ]) {
      await page.setViewportSize(size);
      const overflow = await page.evaluate(() => {
        const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
        return [scrollWidth - clientWidth, scrollHeight - clientHeight];
      });
      expect(overflow).toEqual([0, 0]);
    }
  });

  it('says so when too many are open, and comes in when there is room', async () => {
    const { page, url } = await openStage({}, { maxViewers: 1 });
    const other = await page.context().newPage();
    await other.goto(url);
    await becomes(other, 'full');
    expect(await rows(other).count()).toBe(0);
    await page.getByRole('button', { name: 'Pause' }).click();
    await becomes(other, 'live');
  });
});

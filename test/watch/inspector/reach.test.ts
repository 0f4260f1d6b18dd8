import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { call, cancel } from '../../support/rawClient.ts';
import { contrasts, unnamed } from './support/audit.ts';
import { poll } from './support/poll.ts';
import { openStage } from './support/stage.ts';

const focused = (page: Page) =>
  page.evaluate(() => {
    const { role, ariaLabel, textContent, tagName, id } = document.activeElement!;
    return `${role ?? tagName.toLowerCase()} ${ariaLabel ?? (id || textContent)}`;
  });
const isOutlined = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement!;
    const shown = element.matches('input[type=file]') ? element.parentElement! : element;
    return getComputedStyle(shown).outlineStyle !== 'none';
  });

/** A page with something in each of its tabs. */
async function filled() {
  const stage = await openStage();
  const { connect, gates, page } = stage;
  const client = await connect();
  await client.post(cancel(9));
  void client.post(call(1, 'slow', { gate: 'g' }));
  await gates.reached('g');
  await (await connect()).delete();
  await page.locator('.row').first().click();
  await page.locator('.arrow em').first().waitFor();
  return { ...stage, page };
}

describe('U13: the keyboard', () => {
  it('reaches whatever can be done, in order, and shows where it is', async () => {
    const { page, gates } = await filled();
    await page.reload();
    await page.locator('.arrow em').first().waitFor();
    const stops: string[] = [];
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      const stop = await focused(page);
      if (stop.startsWith('body') || stop === stops[0]) break;
      expect([stop, await isOutlined(page)]).toEqual([stop, true]);
      stops.push(stop);
    }
    const heads = ['session', 'client', 'state', 'age↑', 'traffic', 'mailbox'];
    expect(stops).toEqual([
      'button List',
      'button Pause',
      'a export',
      'input Open a recording',
      'button Keys',
      'input Filter by key, principal or client',
      'select State',
      'select Principal',
      'select Reason',
      'grid Sessions',
      ...heads.map((name) => `button ${name}`),
      'tab tab-0',
      'tabpanel tabpanel',
      'group Statechart',
      'summary Transitions',
      'region Messages and steps',
    ]);
    gates.open('g');
  });

  it('opens what a chart says to whoever points at its lines', async () => {
    const { page, gates } = await filled();
    const list = page.locator('.transitions [role=region]');
    expect(await list.isVisible()).toBe(false);
    await page.locator('summary', { hasText: 'Transitions' }).focus();
    await page.keyboard.press('Enter');
    await list.getByText('idle.warm → active').waitFor();
    expect(await list.innerText()).toContain('message.arrived');
    expect(await list.locator('dt').count()).toBe(await page.locator('.session .edge').count());
    gates.open('g');
  });

  it('goes through the tabs with arrows, Home and End', async () => {
    const { page, gates } = await filled();
    const chosen = () => page.getByRole('tab', { selected: true }).innerText();
    await page.getByRole('tab', { name: 'Session' }).focus();
    for (const [key, name] of [
      ['ArrowRight', 'Supervisor'],
      ['ArrowLeft', 'Session'],
      ['ArrowLeft', 'Calls'],
      ['ArrowRight', 'Session'],
      ['End', 'Calls'],
      ['Home', 'Session'],
    ] as const) {
      await page.keyboard.press(key);
      await poll(chosen).toBe(name);
      expect(await page.evaluate(() => document.activeElement?.ariaSelected)).toBe('true');
      await page.getByRole('tabpanel', { name }).waitFor();
    }
    // One stop for all tabs.
    expect(await page.locator('[role=tab][tabindex="0"]').count()).toBe(1);
    gates.open('g');
  });

  it('stays in the list of keys until that is closed, and goes back to where it was', async () => {
    const { page, gates } = await filled();
    await page.getByRole('button', { name: 'Keys' }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Keys' });
    await dialog.getByRole('button', { name: 'Close' }).waitFor();
    expect(await focused(page)).toBe('button Close');
    // The page behind hears no keys.
    await page.keyboard.press('p');
    await page.keyboard.press('2');
    expect(await page.getByRole('status').first().innerText()).toBe('live');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(await focused(page)).toBe('button Keys');
    expect(await page.getByTestId('status').innerText()).toBe('live');
    gates.open('g');
  });
});

describe('U13: what the page says', () => {
  it.each(['light', 'dark'] as const)(
    'has a name for all that has a role, and can be read, in %s',
    async (colorScheme) => {
      const { page, gates } = await filled();
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const name of await page.getByRole('tab').allInnerTexts()) {
        const [tab = ''] = name.split('\n');
        await page.getByRole('tab', { name: tab }).click();
        await page.getByRole('tabpanel', { name: tab }).waitFor();
        expect(await unnamed(page)).toEqual([]);
        expect(await contrasts(page, 4.5)).toEqual([]);
      }
      gates.open('g');
    },
  );

  it('is built of landmarks, one grid, and rows that say where they are', async () => {
    const { page, gates } = await filled();
    await page.getByRole('banner').waitFor();
    await page.getByRole('main').waitFor();
    await page.getByRole('navigation', { name: 'All sessions' }).waitFor();
    await page.getByRole('search').waitFor();
    const grid = page.getByRole('grid', { name: 'Sessions' });
    expect(await grid.getByRole('columnheader').count()).toBe(6);
    const active = await grid.getAttribute('aria-activedescendant');
    const chosen = page.locator(`#${active}`);
    expect(await chosen.getAttribute('aria-selected')).toBe('true');
    expect(await chosen.getAttribute('aria-rowindex')).toBe('2');
    expect(await chosen.getByRole('gridcell').count()).toBe(6);
    gates.open('g');
  });
});

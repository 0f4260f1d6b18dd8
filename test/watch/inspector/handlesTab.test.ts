import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { defineHandle } from 'mcp-actors';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HandleWorld } from '../../support/handleWorld.ts';
import { contrasts, unnamed } from './support/audit.ts';
import { becomes, openPage } from './support/browser.ts';
import { inspect } from './support/inspect.ts';
import { poll } from './support/poll.ts';
import { FeedReader, visit } from './support/visit.ts';

/** A page that looks at the handles of a world. */
async function watched(world: HandleWorld) {
  const { url } = await inspect(world.runtime);
  const page = await openPage(url);
  await becomes(page, 'live');
  return { page, url };
}

/** A world whose server has handles of two kinds. */
function twoKinds(): HandleWorld {
  const kinds = ['page', 'shell'].map((name) => defineHandle({ name, open: () => name }));
  return new HandleWorld(
    {},
    {
      server: (session) => {
        const server = new McpServer({ name: 'two', version: '1' }, session.serverOptions);
        for (const kind of kinds) kind.register(server, z);
        return server;
      },
    },
  );
}

const tab = (page: Page) => page.getByRole('tab', { name: 'Handles' });
const rows = (page: Page) => page.locator('.handles tr[data-row]');
const kinds = (page: Page) => page.getByRole('list', { name: 'Kinds' });

describe('the tab of handles', () => {
  it('comes with the first handle, follows it through the drawn machine, and has no id', async () => {
    const world = new HandleWorld();
    const { page, url } = await watched(world);
    const feed = await FeedReader.open(url);
    const ann = await world.modern('ann');
    await page.getByRole('tab', { name: 'Calls' }).waitFor();
    expect(await tab(page).count()).toBe(0);
    const id = await ann('create_page');
    await tab(page).click();
    const [view] = world.runtime.handles();
    const name = `page ${view!.key}`;
    const line = page.getByRole('row', { name });
    const cell = (n: number) => line.getByRole('cell').nth(n).innerText();
    expect(await cell(1)).toBe(view!.principal);
    await poll(() => cell(2)).toBe('active');
    expect(await cell(5)).toBe('1');
    await kinds(page).getByText('page 1 now, 0 asleep, 1 opened, 0 failed').waitFor();

    await world.settle(2000);
    await page.locator('.handles .state.active[data-state="idle.warm"]').waitFor();
    await page.locator('.handles .edge.taken[data-target="idle"]').waitFor();
    await poll(() => cell(2)).toBe('idle.warm');
    expect(await page.getByTestId('chosen-state').innerText()).toBe('idle.warm');
    expect(await cell(7)).toMatch(/^\d+ \w+ \(idle\)$/);

    const uses = [ann('hold', { page: id }), ann('hold', { page: id })];
    await world.settle();
    await poll(async () => [await cell(3), await cell(4)]).toEqual(['1', '1']);
    for (const _ of uses) {
      world.held.shift()?.();
      await world.settle();
    }
    await Promise.all(uses);

    const said = [await page.content(), JSON.stringify(feed.lines), await exported(url)];
    for (const text of said) expect(text).not.toContain(id);
    expect(await unnamed(page)).toEqual([]);
    expect(await contrasts(page, 4.5)).toEqual([]);
    feed.leave();
  });

  it('keeps the chosen handle, says when it is over, and counts', async () => {
    const world = new HandleWorld();
    const { page } = await watched(world);
    const ann = await world.modern('ann');
    const id = await ann('create_page');
    const name = `page ${world.runtime.handles()[0]!.key}`;
    await tab(page).click();
    const choose = page.getByRole('button', { name });
    await choose.focus();
    await page.keyboard.press('Enter');
    await ann('create_page');
    await poll(() => rows(page).count()).toBe(2);
    expect(await choose.getAttribute('aria-pressed')).toBe('true');
    await ann('destroy_page', { page: id });
    await page.getByText(`${name} is asleep or over.`).waitFor();
    expect(await rows(page).count()).toBe(1);
    expect(await page.locator('.handles .state.active').count()).toBe(0);
    await kinds(page).getByText('page 1 now, 0 asleep, 2 opened, 0 failed').waitFor();
  });

  it('has no row of a handle that sleeps, and counts it', async () => {
    const world = new HandleWorld({ onSleep: ({ url }) => url });
    const { page } = await watched(world);
    await (
      await world.modern('ann')
    )('create_page');
    await tab(page).click();
    await poll(() => rows(page).count()).toBe(1);
    await world.settle(6 * 60_000);
    await poll(() => rows(page).count()).toBe(0);
    expect(await page.locator('.handles .none').innerText()).toBe('None is awake.');
    await kinds(page).getByText('page 1 now, 1 asleep, 1 opened, 0 failed').waitFor();
  });

  it('filters by kind where there is more than one', async () => {
    const world = twoKinds();
    const { page } = await watched(world);
    const ann = await world.modern('ann');
    await ann('create_page');
    await tab(page).click();
    const filter = page.getByLabel('Kind', { exact: true });
    await poll(() => rows(page).count()).toBe(1);
    expect(await filter.count()).toBe(0);
    await ann('create_shell');
    await poll(() => rows(page).count()).toBe(2);
    await filter.selectOption('shell');
    await poll(() => rows(page).count()).toBe(1);
    expect(await rows(page).innerText()).toMatch(/^shell /);
    expect(await page.locator('.handles header').innerText()).toContain('shell ');
    await filter.selectOption('');
    await poll(() => rows(page).count()).toBe(2);
    expect(await kinds(page).getByRole('listitem').count()).toBe(2);
  });

  it('is not there where a runtime has no handles, nor in a recording', async () => {
    const world = new HandleWorld();
    const { page, url } = await watched(world);
    await (
      await world.modern('ann')
    )('create_page');
    await tab(page).click();
    const { handles: _handles, ...without } = world.runtime;
    const other = await openPage((await inspect(without as typeof world.runtime)).url);
    await other.getByRole('tab', { name: 'Calls' }).waitFor();
    expect(await tab(other).count()).toBe(0);

    const buffer = Buffer.from(await exported(url));
    const file = { name: 'sessions.jsonl', mimeType: 'text/plain', buffer };
    await page.getByLabel('Open a recording').setInputFiles(file);
    await tab(page).waitFor({ state: 'detached' });
    expect(await page.getByRole('tab', { selected: true }).count()).toBe(1);
  });
});

async function exported(url: string): Promise<string> {
  return (await visit(url, 'export.jsonl')).text;
}

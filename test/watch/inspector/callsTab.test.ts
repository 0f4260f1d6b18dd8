import { describe, expect, it } from 'vitest';
import { ModernClient } from '../../support/modernClient.ts';
import { openPage } from './support/browser.ts';
import { inspect } from './support/inspect.ts';
import { poll } from './support/poll.ts';
import { openStage } from './support/stage.ts';
import { visit } from './support/visit.ts';

const YES = { action: 'accept', content: { ok: true } };

describe('the tab of calls', () => {
  it('follows a parked call through the drawn machine, and shows no argument', async () => {
    const { page, url, runtime } = await openStage();
    const ann = await ModernClient.in(runtime, 'ann');
    const { result } = await ann.call('elicit', { message: 'an argument' });
    const [view] = runtime.calls();
    await page.getByRole('tab', { name: 'Calls' }).click();
    const line = page.getByRole('row', { name: `elicit #${view!.call}` });
    await line.getByText('elicitation/create').waitFor();
    expect(await line.getByRole('cell').nth(3).innerText()).toBe('parked');
    await page.locator('.calls .state.active[data-state="parked"]').waitFor();
    await page.locator('.calls .edge.taken[data-target="parked"]').waitFor();
    expect(await page.getByTestId('chosen-state').innerText()).toBe('parked');
    const left = () => line.getByRole('cell').last().innerText();
    expect(await left()).toMatch(/^\d+ min$/);
    const charts = (await visit(url, 'charts')).text;
    for (const text of [await page.content(), charts]) expect(text).not.toContain('an argument');

    // The chosen call stays chosen, whatever comes after.
    const choose = line.getByRole('button', { name: 'elicit' });
    await choose.focus();
    await page.keyboard.press('Enter');
    expect(await choose.getAttribute('aria-pressed')).toBe('true');
    await (await ModernClient.in(runtime, 'bob')).call('elicit', { message: 'x' });
    await poll(() => page.locator('tr[data-row]').count()).toBe(2);
    expect(await choose.getAttribute('aria-pressed')).toBe('true');

    const requestState = result?.['requestState'];
    const more = { requestState, inputResponses: { input_1: YES } };
    await ann.call('elicit', { message: 'an argument' }, more);
    await poll(() => page.locator('tr[data-row]').count()).toBe(1);
    await page.getByText(`elicit #${view!.call} is over.`).waitFor();
    expect(await page.locator('.calls .state.active').count()).toBe(0);
  });

  it('leads to the session of a call', async () => {
    const { page, runtime } = await openStage();
    await (await ModernClient.in(runtime, 'ann')).call('elicit', { message: 'x' });
    const [view] = runtime.calls();
    await page.getByRole('tab', { name: 'Calls' }).click();
    await page.getByRole('cell').getByRole('button', { name: view!.session }).click();
    expect(await page.locator('.session h2').innerText()).toBe(view!.session);
  });

  it('is not there where a runtime has no calls, nor in a recording', async () => {
    const { page, url, runtime } = await openStage();
    const { calls: _calls, ...without } = runtime;
    const other = await openPage((await inspect(without as typeof runtime)).url);
    await other.getByRole('tab', { name: 'Ended' }).waitFor();
    expect(await other.getByRole('tab', { name: 'Calls' }).count()).toBe(0);

    await page.getByRole('tab', { name: 'Calls' }).click();
    const buffer = Buffer.from((await visit(url, 'export.jsonl')).text);
    const file = { name: 'sessions.jsonl', mimeType: 'text/plain', buffer };
    await page.getByLabel('Open a recording').setInputFiles(file);
    await page.getByRole('tab', { name: 'Calls' }).waitFor({ state: 'detached' });
    expect(await page.getByRole('tab', { selected: true }).count()).toBe(1);
  });
});

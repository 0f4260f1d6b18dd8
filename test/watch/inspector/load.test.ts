import { describe, expect, it } from 'vitest';
import { becomes, openPage } from './support/browser.ts';
import { Everything, freePort } from './support/everything.ts';
import { Load } from './support/load.ts';

const SESSIONS = 500;
const CALLS = 200;
/** What is asked of the page: a transition is seen so soon after it happened. */
const SOON_MS = 250;

/** In the page: how long after a transition its row shows it, and how long the page is busy. */
function observe(): void {
  const lags: number[] = [];
  const busy: number[] = [];
  Object.assign(globalThis, { lags, busy });
  const seen = new Map<string, string>();
  const observer = new MutationObserver(() => {
    requestAnimationFrame(() => {
      for (const row of document.querySelectorAll<HTMLElement>('.row')) {
        const { key = '', at = '' } = row.dataset;
        const last = seen.get(key);
        seen.set(key, at);
        // A row that scrolls into sight shows what happened long ago.
        if (last !== undefined && last !== at) lags.push(Date.now() - Number(at));
      }
    });
  });
  observer.observe(document.querySelector('.rows')!, {
    subtree: true,
    attributeFilter: ['data-at'],
  });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) busy.push(duration);
  }).observe({ type: 'longtask' });
}

function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? NaN;
}

describe('the inspector under load', () => {
  it(`shows ${SESSIONS} sessions with ${CALLS} calls a second, soon, and stays responsive`, async () => {
    const server = new Everything({ INSPECT_PORT: await freePort() });
    const { mcp, inspector } = await server.urls();
    const load = new Load(mcp);
    await load.open(SESSIONS);
    const page = await openPage(inspector);
    await becomes(page, 'live');
    await page.getByText(`${SESSIONS} of ${SESSIONS}`).waitFor();
    // As many rows as there is room for, not as there are sessions.
    expect(await page.locator('.row').count()).toBeLessThan(60);

    load.call(CALLS);
    await page.evaluate(observe);
    const began = performance.now();
    const lags = async (): Promise<number[]> => page.evaluate('lags');
    await expect.poll(async () => (await lags()).length).toBeGreaterThan(200);
    const seconds = (performance.now() - began) / 1000;
    const all = await lags();
    const busy = await page.evaluate<number[]>('busy');

    // It does what it is told while all that happens.
    const list = page.getByRole('grid', { name: 'Sessions' });
    await list.focus();
    for (let i = 0; i < 20; i++) {
      await page.keyboard.press('ArrowDown');
      const chosen = await page.locator('.row.selected').getAttribute('data-key');
      await page.locator('.session h2', { hasText: chosen ?? '?' }).waitFor();
    }
    await page.keyboard.press('End');
    await page.locator(`.row.selected[aria-rowindex="${SESSIONS + 1}"]`).waitFor();

    const lag = `p50 ${quantile(all, 0.5)} ms, p95 ${quantile(all, 0.95)} ms, max ${Math.max(...all)} ms`;
    const blocked = busy.reduce((sum, ms) => sum + ms, 0) / seconds;
    console.log(`transitions seen after: ${lag} of ${all.length}`);
    console.log(
      `long tasks: ${blocked.toFixed(1)} ms a second, the longest ${Math.max(0, ...busy).toFixed(0)} ms`,
    );
    console.log(
      `calls: ${load.answered} answered in ${seconds.toFixed(1)} s, ${load.failed} failed`,
    );
    expect(quantile(all, 0.5)).toBeLessThan(SOON_MS);
    // Of each second the page is busy for less than a half, on whatever machine this is.
    expect(blocked).toBeLessThan(500);
    expect(load.failed).toBe(0);
    expect(load.answered).toBeGreaterThan(0);
  });

  it('says that its server is gone, and goes on with the next one', async () => {
    const env = { INSPECT_PORT: await freePort(), INSPECT_TOKEN: 'restarted-and-found-again' };
    const first = new Everything(env);
    const load = new Load((await first.urls()).mcp);
    await load.open(20);
    const page = await openPage((await first.urls()).inspector);
    await page.getByText('20 of 20').waitFor();
    const before = await page.locator('.row').first().getAttribute('data-key');
    first.process.kill('SIGKILL');
    await becomes(page, 'disconnected');
    // What was known is still there to be read.
    expect(await page.locator('.row').count()).toBe(20);

    const second = new Everything(env);
    const again = new Load((await second.urls()).mcp);
    expect((await second.urls()).inspector).toBe((await first.urls()).inspector);
    await again.open(3);
    await becomes(page, 'live');
    await page.getByText('3 of 3').waitFor();
    expect(await page.locator(`.row[data-key="${before}"]`).count()).toBe(0);

    // The end of this one is told step by step: a call holds the drain.
    await page.getByRole('tab', { name: 'Supervisor' }).click();
    const params = { name: 'long-running', arguments: { duration: 3, steps: 3 } };
    const call = again.post({ id: 1, method: 'tools/call', params }, again.sessions[0]);
    await page.locator('.chip', { hasText: '1 in flight' }).waitFor();
    second.process.kill('SIGTERM');
    await page.getByTestId('supervisor').getByText('draining').waitFor();
    await page.locator('.overview .state.active[data-state="draining"]').waitFor();
    await page.locator('.overview .edge.taken[data-target="draining"]').waitFor();
    expect((await call).status).toBe(200);
    await becomes(page, 'disconnected');
  });
});

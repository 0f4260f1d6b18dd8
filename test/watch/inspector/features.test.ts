import { expect, it, describe } from 'vitest';
import type { Page } from 'playwright-core';
import { createActor, createMachine } from 'xstate';
import { call, cancel } from '../../support/rawClient.ts';
import { poll } from './support/poll.ts';
import { openStage } from './support/stage.ts';

const row = (page: Page, key: string) => page.locator(`.row[data-key="${key}"]`);
const select = async (page: Page, key: string): Promise<void> => {
  await row(page, key).click();
  await page.locator('.session h2', { hasText: key }).waitFor();
};
const lane = (page: Page, name: string) => page.locator(`[data-lane="${name}"]`);
/** The keys in the order they are shown in: rows are placed by number, wherever their elements are. */
const listed = async (page: Page): Promise<string[]> => {
  const rows = await page
    .locator('.row')
    .evaluateAll((all) =>
      all.map(
        (each) => [each.getAttribute('aria-rowindex'), each.getAttribute('data-key')] as const,
      ),
    );
  return rows.toSorted(([a], [b]) => Number(a) - Number(b)).map(([, key]) => key ?? '');
};

describe('the list', () => {
  it('filters by state, principal, reason and text; sorts by age, traffic and mailbox', async () => {
    const { page, connect, keyOf, gates } = await openStage();
    const [alice, bob, carol] = [
      await connect({ user: 'alice' }),
      await connect({ user: 'bob' }),
      await connect({ user: 'bob' }),
    ];
    const keys = await Promise.all([alice, bob, carol].map(keyOf));
    const [a = '', b = '', c = ''] = keys;
    for (let i = 0; i < 5; i++) await alice.ask(call(i, 'echo', { text: 'x' }));
    void bob.post(call(9, 'slow', { gate: 'g' }));
    await gates.reached('g');
    await row(page, a).waitFor();
    // Youngest first, until somebody says otherwise.
    await poll(() => listed(page)).toEqual([c, b, a]);
    await page.getByRole('button', { name: 'traffic' }).click();
    await poll(async () => (await listed(page))[0]).toBe(a);
    await page.getByRole('button', { name: 'mailbox' }).click();
    await poll(async () => (await listed(page))[0]).toBe(b);
    await page.getByRole('button', { name: 'age' }).click();
    await poll(() => listed(page)).toEqual([a, b, c]);

    // Quiet sessions go idle; the one with a call does not.
    await page.getByLabel('State', { exact: true }).selectOption('idle');
    await poll(() => listed(page)).toEqual([a, c]);
    await page.getByLabel('State', { exact: true }).selectOption('active');
    await poll(() => listed(page)).toEqual([b]);
    await page.getByLabel('State', { exact: true }).selectOption('live');
    const principal = (await row(page, a).getAttribute('title'))?.split(', ')[1] ?? '';
    await page.getByLabel('Principal', { exact: true }).selectOption(principal);
    await poll(() => listed(page)).toEqual([a]);
    await page.getByLabel('Principal', { exact: true }).selectOption('');
    await page.getByRole('searchbox').fill(b.slice(0, 8));
    await poll(() => listed(page)).toEqual([b]);
    await page.getByRole('searchbox').fill('');

    await carol.delete();
    await row(page, c).waitFor({ state: 'detached' });
    await page.getByLabel('Reason', { exact: true }).selectOption('terminated');
    await poll(() => listed(page)).toEqual([c]);
    await page.getByLabel('Reason', { exact: true }).selectOption('capacity');
    await page.getByText('No session fits.').waitFor();
    expect(await listed(page)).toEqual([]);
    gates.open('g');
  });
});

describe('one session', () => {
  it('is lit in its chart, state by state, with the line of the last step', async () => {
    const { page, connect, keyOf } = await openStage({ quietMs: 300 });
    const client = await connect();
    const key = await keyOf(client);
    await select(page, key);
    const active = page.locator('.session .state.active');
    const taken = page.locator('.session .edge.taken');
    await poll(() => active.getAttribute('data-state')).toBe('idle.warm');
    await poll(() => taken.getAttribute('data-events')).toBe('["session.quiet"]');
    await page.locator('.session .state.around[data-state="idle"]').waitFor();
    await client.ask(call(1, 'echo', { text: 'x' }));
    await poll(() => taken.getAttribute('data-source')).toBe('idle.warm');
    await poll(() => active.getAttribute('data-state')).toBe('idle.warm');
    await client.delete();
    await poll(() => active.getAttribute('data-state')).toBe('evicted');
    expect(await page.locator('[data-fact="reason"] dd').innerText()).toBe('terminated');
  });

  it('shows its deadline counting down, with how much is left of it', async () => {
    const { page, connect, keyOf } = await openStage({ quietMs: 50, idleTimeoutMs: 60_000 });
    await select(page, await keyOf(await connect()));
    const deadline = page.locator('[data-fact="deadline"]');
    await deadline.getByText('idleTimeoutMs').waitFor();
    const left = async (): Promise<number> =>
      Number.parseFloat(await page.getByTestId('countdown').innerText());
    const first = await left();
    await poll(left).toBeLessThan(first);
    const meter = await deadline
      .locator('meter')
      .evaluate((each) => (each as HTMLMeterElement).value);
    expect(meter).toBeLessThan(60_000);
  });

  it('shows its mailbox: what runs, waits, is asked, and could not be delivered', async () => {
    const { page, connect, keyOf, gates } = await openStage({ concurrency: 2 });
    const client = await connect();
    await select(page, await keyOf(client));
    void client.post(call(1, 'slow', { gate: 'a' }));
    void client.post(call(2, 'elicit', { message: 'sure?' }));
    await gates.reached('a');
    void client.post(call(3, 'echo', { text: 'x' }));
    await client.post(cancel(99));
    await lane(page, 'running').getByText('2', { exact: true }).waitFor();
    await poll(() => lane(page, 'running').locator('li').first().innerText()).toMatch(
      /tools\/call/,
    );
    await lane(page, 'waiting').getByText('1', { exact: true }).waitFor();
    await lane(page, 'questions').getByText('1', { exact: true }).waitFor();
    await lane(page, 'dead letters').getByText('late').waitFor();
    await poll(() => page.locator('[data-fact="streams"] dd').innerText()).not.toBe('0');
    gates.open('a');
    await lane(page, 'waiting').getByText('0', { exact: true }).waitFor();
    await poll(() => lane(page, 'running').locator('li').count()).toBe(1);
    expect(await lane(page, 'questions').locator('li').innerText()).toContain('open');
  });

  it('shows who said what to whom', async () => {
    const { page, connect, keyOf } = await openStage();
    const client = await connect();
    await client.ask(call(1, 'progress', { count: 2 }, { progressToken: 'p' }));
    await client.post(cancel(99));
    await select(page, await keyOf(client));
    const steps = page.locator('.sequence .step');
    const lives = page.locator('.sequence .life');
    expect(await lives.allInnerTexts()).toEqual(['client', 'session', 'server']);
    await poll(() => steps.filter({ hasText: 'cancelled' }).count()).toBe(2);
    const told = await steps.evaluateAll((all) =>
      all.flatMap((step) => {
        const arrow = step.querySelector('.arrow');
        return arrow === null
          ? []
          : [`${arrow.className} ${arrow.querySelector('b')?.textContent}`];
      }),
    );
    expect(told).toEqual([
      'arrow from-client to-server initialize',
      'arrow from-server to-client answer · initialize',
      'arrow from-client to-server notifications/initialized',
      'arrow from-client to-server tools/call progress',
      'arrow from-server to-client notifications/progress',
      'arrow from-server to-client notifications/progress',
      'arrow from-server to-client answer · tools/call progress',
      'arrow from-client to-server notifications/cancelled',
      'arrow from-client to-session ✕ notifications/cancelled (late)',
    ]);
    expect(
      await steps.filter({ hasText: 'initializing.building → initializing.handshaking' }).count(),
    ).toBe(1);
  });
});

describe('the whole house', () => {
  it('shows the supervisor, its capacity and what was refused', async () => {
    // None of the three comes to rest, and makes room, however long the page takes.
    const { page, connect } = await openStage({ maxSessions: 3, quietMs: 600_000 });
    for (let i = 0; i < 3; i++) await connect();
    await expect(connect()).rejects.toThrow('session-missing');
    await page.getByRole('tab', { name: 'Supervisor' }).click();
    await page.locator('.overview .state.active[data-state="accepting"]').waitFor();
    await page.locator('.gauge', { hasText: 'sessions' }).first().getByText('of 3').waitFor();
    await page
      .getByRole('tabpanel', { name: 'Supervisor' })
      .getByText('Capacity', { exact: true })
      .waitFor();
    await page.getByLabel('Refused').getByText('at-capacity').waitFor();
    expect(await page.getByLabel('Limits met').innerText()).toContain('maxSessions');
  });

  it('U13: counts those asleep to nobody’s places, and each tab has its panel', async () => {
    const { page, connect } = await openStage({ maxSessions: 2, idleTimeoutMs: 500, quietMs: 100 });
    for (let i = 0; i < 2; i++) await connect();
    await page.getByRole('tab', { name: 'Supervisor' }).click();
    // Both are there, and asleep.
    await page.locator('.gauge', { hasText: 'sessions' }).first().getByText('0 of 2').waitFor();
    expect(await page.locator('.chip', { hasText: '2 sessions' }).count()).toBe(1);
    for (const name of ['Session', 'Supervisor', 'Dead letters', 'Ended']) {
      await page.getByRole('tab', { name }).click();
      await page.getByRole('tabpanel', { name }).waitFor();
    }
  });

  it('keeps dead letters and tombstones, each with the way to its session', async () => {
    const { page, connect, keyOf } = await openStage();
    const client = await connect();
    const key = await keyOf(client);
    await client.post(cancel(99));
    await client.delete();
    await page.getByRole('tab', { name: 'Dead letters' }).click();
    await page
      .locator('tbody tr', { hasText: 'notifications/cancelled' })
      .getByText('late')
      .waitFor();
    await page.getByRole('tab', { name: 'Ended' }).click();
    await page
      .locator('tbody tr', { hasText: 'terminated' })
      .getByRole('button', { name: key })
      .click();
    await page.locator('.session h2', { hasText: key }).waitFor();
    // What it was, step by step, is still known.
    await page.locator('.step.end', { hasText: 'ended: terminated' }).waitFor();
    expect(await page.locator('.step', { hasText: 'initialize' }).count()).toBeGreaterThan(1);
  });

  it('shows a machine of the user, live', async () => {
    const machine = createMachine({
      id: 'door',
      initial: 'closed',
      states: { closed: { on: { open: 'opened' } }, opened: { on: { close: 'closed' } } },
    });
    const actor = createActor(machine).start();
    const { page } = await openStage({}, { machines: [{ name: 'front door', machine, actor }] });
    await page.getByRole('tab', { name: 'front door' }).click();
    await page.locator('.machine .state.active[data-state="closed"]').waitFor();
    actor.send({ type: 'open' });
    await page.locator('.machine .state.active[data-state="opened"]').waitFor();
    const taken = page.locator('.machine .edge.taken');
    expect(await taken.getAttribute('data-events')).toBe('["open"]');
    actor.stop();
  });
});

import type { Runtime } from 'mcp-actors';
import { memoryCluster } from 'mcp-actors/cluster';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { NodeView } from '../../../src/directory/ownership.ts';
import { Nodes } from '../../../src/watch/inspector/nodes.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeRuntime } from '../../support/fakeRuntime.ts';
import { FakeServer } from '../../support/fakeServer.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { contrasts, unnamed } from './support/audit.ts';
import { becomes, openPage } from './support/browser.ts';
import { inspect } from './support/inspect.ts';
import { poll } from './support/poll.ts';
import { FeedReader } from './support/visit.ts';

const SECRET = 'a secret of more than 32 characters';

/** Processes with one set of sessions. */
async function processes(...names: readonly string[]): Promise<FakeRuntime[]> {
  const cluster = memoryCluster({ secret: SECRET });
  const worlds = names.map((name) => {
    const world = new FakeRuntime({ cluster: cluster.node(name), clock: systemClock });
    onTestFinished(() => world.runtime.close());
    return world;
  });
  await eventually(() => worlds.every(({ runtime }) => runtime.isReady));
  return worlds;
}

const rows = (page: Page) => page.locator('.rows .row');
const nodesIn = (page: Page): Promise<string[]> => page.locator('.rows .node').allInnerTexts();
const panel = (page: Page) => page.getByRole('region', { name: 'Cluster', exact: true });

describe('the inspector of a process of a cluster', () => {
  it('shows which process has each session, sorts and filters by that', async () => {
    const [a, b, c] = await processes('a', 'b', 'c');
    for (const world of [a!, b!, b!, c!]) await world.open();
    const { url } = await inspect(a!.runtime);
    const page = await openPage(url);
    await becomes(page, 'live');
    await poll(() => rows(page).count()).toBe(4);
    await poll(async () => (await nodesIn(page)).toSorted()).toEqual(['a', 'b', 'b', 'c']);
    const head = page.getByRole('columnheader', { name: 'node' });
    await head.getByRole('button').click();
    await poll(() => nodesIn(page)).toEqual(['a', 'b', 'b', 'c']);
    await head.getByRole('button').click();
    await poll(() => nodesIn(page)).toEqual(['c', 'b', 'b', 'a']);
    await page.getByLabel('Node').selectOption('b');
    await poll(() => nodesIn(page)).toEqual(['b', 'b']);
    await rows(page).first().click();
    expect(await page.locator('[data-fact="node"] dd').innerText()).toBe('b');
  });

  it('shows the process, its lease and the others beside the figures of the runtime', async () => {
    const [a, b] = await processes('a', 'b');
    await a!.open();
    const { url } = await inspect(a!.runtime);
    const page = await openPage(url);
    await becomes(page, 'live');
    await page.getByRole('tab', { name: 'Supervisor' }).click();
    expect(await page.getByTestId('node').innerText()).toBe('a');
    await poll(() => page.getByTestId('node-state').innerText()).toBe('live');
    expect(await page.getByTestId('lease').innerText()).toMatch(/^lease \d/);
    const line = (name: string) => panel(page).locator(`tr[data-node="${name}"] td`);
    const told = async (name: string) => (await line(name).allInnerTexts()).slice(0, 3);
    await poll(() => told('a')).toEqual(['a this process', '1', 'lives']);
    await poll(() => told('b')).toEqual(['b', '0', 'lives']);
    expect(await unnamed(page)).toEqual([]);
    expect(await contrasts(page, 4.5)).toEqual([]);
    await b!.runtime.close();
    await poll(() => line('b').count()).toBe(0);
  });

  it('has neither where there is one process', async () => {
    const world = new FakeRuntime();
    await world.open();
    const { url } = await inspect(world.runtime);
    const page = await openPage(url);
    await becomes(page, 'live');
    await poll(() => rows(page).count()).toBe(1);
    expect(await page.getByRole('columnheader', { name: 'node' }).count()).toBe(0);
    expect(await page.getByLabel('Node').count()).toBe(0);
    await page.getByRole('tab', { name: 'Supervisor' }).click();
    expect(await panel(page).count()).toBe(0);
  });

  it('goes on telling while its sessions can not be listed', async () => {
    const [a] = await processes('a');
    const never = new Promise<never>(() => {});
    const away: Runtime = { ...a!.runtime, list: () => never, nodes: () => never };
    const { url } = await inspect(away);
    const feed = await FeedReader.open(url);
    const told = () => feed.lines.filter(({ type }) => type === 'batch').length;
    await feed.until(() => feed.lines.some(({ type }) => type === 'ready'));
    const before = told();
    await feed.until(() => told() > before + 1);
    expect(feed.lines.at(-1)).toMatchObject({ stats: { cluster: { node: 'a', state: 'live' } } });
    feed.leave();
  });
});

describe('Nodes', () => {
  it('asks once a second, waits for no answer, and keeps what it knows', async () => {
    const { clock, runtime } = new FakeRuntime({ server: () => new FakeServer() });
    const view: NodeView = { name: 'a', since: 0, owned: 1, isDraining: false, isSelf: true };
    let asked = 0;
    let answer: () => Promise<readonly NodeView[]> = async () => [view];
    const cluster = {} as NonNullable<ReturnType<Runtime['stats']>['cluster']>;
    const nodes = new Nodes({
      ...runtime,
      stats: () => ({ ...runtime.stats(), cluster }),
      nodes: () => {
        asked++;
        return answer();
      },
    });
    expect(nodes.takeChanges()).toBeUndefined();
    await clock.elapse(999);
    expect(nodes.takeChanges()).toEqual([view]);
    expect([nodes.takeChanges(), asked]).toEqual([undefined, 1]);
    answer = async () => {
      throw new Error('away');
    };
    await clock.elapse(1);
    nodes.takeChanges();
    await clock.elapse(1000);
    expect([nodes.all(), asked]).toEqual([[view], 3]);
  });
});

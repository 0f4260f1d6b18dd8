import { readFileSync } from 'node:fs';
import { createRuntime } from 'mcp-actors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { END_REASONS } from '../../machines/session.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { Page } from '../support/markdown.ts';
import { type Manner, MANNERS } from '../support/misbehaviour.ts';
import { TROUBLES, UserRig } from '../support/userRig.ts';
import { WireClient } from '../support/wireClient.ts';

const PAGE = new Page(new URL('../../', import.meta.url), 'docs/crashes.md');

/** The rows of the table of functions: the page says what is to come of each. */
const ROWS = PAGE.section('## Your functions')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.slice(2, -2).split(/ *\| */))
  .map(([name = '', ...cells]) => ({ name: name.replaceAll('`', ''), cells }));

const TOLD = new Set<string>([...TROUBLES, ...END_REASONS]);
const FLOOR = { total: 0, inFlight: 0, handshakes: 0, streams: 0 };

const strays: unknown[] = [];
const hear = (error: unknown): unknown => strays.push(error);
beforeAll(() => {
  process.on('unhandledRejection', hear);
});
afterAll(() => {
  process.off('unhandledRejection', hear);
});

/** Two clients through all of a session's life, each step of it taken by both. */
async function live(rig: UserRig, isPrompt: boolean): Promise<void> {
  const of = (user: string): Promise<WireClient> =>
    WireClient.of(rig.runtime, { headers: { 'x-user': user } });
  let [victim, neighbour] = [await of('victim'), await of('neighbour')];
  let n = 0;
  let isLost = false;
  const look = async (): Promise<void> => {
    const asked = neighbour.call('count');
    expect(await (isPrompt ? rig.promptly(asked) : rig.patiently(asked))).toBe(true);
    const { result } = await asked;
    // A store that does not write has nothing newer for the next process.
    if (isLost) n = Number(result?.['n']) - 1;
    isLost = false;
    expect(result).toEqual({ n: ++n });
  };
  const acts: Promise<unknown>[] = [];
  const step = async (act: () => Promise<unknown>): Promise<void> => {
    const acted = act().catch(() => {});
    acts.push(acted);
    // While the victim's function has not returned, and when it has, or never will.
    await look();
    await rig.patiently(acted);
    await look();
  };

  await neighbour.shake();
  await step(async () => {
    rig.isVictims = true;
    await victim.initialize();
    await victim.notify('notifications/initialized');
  });
  await step(async () => (await victim.request('count')).whole());
  let first: string | undefined;
  await step(async () => {
    const told = await (await victim.request('tell')).whole();
    first = told.frames[0]?.id;
  });
  await step(async () => {
    if (first === undefined) return;
    const resumed = await victim.get({ 'last-event-id': first });
    resumed.leave();
  });
  for (const idle of [310_000, 310_000]) {
    await rig.clock.elapse(idle);
    await step(async () => (await victim.request('count')).whole());
  }
  await step(() => rig.runtime.list());
  await rig.restart();
  isLost = rig.loses;
  expect(await rig.promptly(Promise.allSettled(acts))).toBe(true);
  const ids = [victim.id, neighbour.id];
  [victim, neighbour] = [await of('victim'), await of('neighbour')];
  [victim.id, neighbour.id] = ids;
  await step(async () => (await victim.request('count')).whole());
  await step(async () => (await victim.delete()).whole());
  expect(await rig.patiently(Promise.allSettled(acts))).toBe(true);
  expect(await rig.patiently(neighbour.delete())).toBe(true);
  rig.isHealed = true;
  await rig.clock.elapse(3_000_000);
}

/** The column of the table for each manner. */
const COLUMNS: Readonly<Record<Manner, number>> = {
  throws: 0,
  rejects: 0,
  hangs: 1,
  'is slow': 1,
  'answers twice': 2,
};

describe.each(ROWS)('$name', ({ name, cells }) => {
  it.each(MANNERS)('that %s', async (manner) => {
    const rig = new UserRig(name, manner);
    await live(rig, !name.startsWith('store.'));
    const { sessions, inFlight, handshakes, streams, pinned } = rig.runtime.stats();
    expect({ total: sessions.total, inFlight, handshakes, streams }).toEqual(FLOOR);
    expect(Object.values(pinned).every((count) => count === 0)).toBe(true);
    rig.isHealed = false;
    expect(await rig.patiently(rig.runtime.close())).toBe(true);
    expect(strays.splice(0)).toEqual([]);
    expect(rig.misbehaved).toBeGreaterThan(0);
    const words = cells[COLUMNS[manner]]!.match(/(?<=`)[\w.-]+(?=`)/g) ?? [];
    expect(rig.troubles).toEqual(new Set(words.filter((word) => TOLD.has(word))));
  });
});

/** The members of an interface that are functions. */
function functionsOf(file: string, name: string, prefix: string): string[] {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [, body = ''] = new RegExp(`interface ${name}\\b.*?\\{(.*?)^\\}`, 'ms').exec(source) ?? [];
  const members = body.matchAll(/^ {2}(?:readonly )?(\w+)\??(?:\(|: \()/gm);
  return Array.from(members, ([, member]) => `${prefix}${member}`);
}

it('a store that can not be observed is refused when the runtime is made', () => {
  const store = new DurableMemory();
  Object.assign(store, {
    observe() {
      throw new Error('no eyes');
    },
  });
  expect(() => createRuntime({ store, server: () => new FakeServer() })).toThrow('no eyes');
});

describe('docs/crashes.md', () => {
  it('has a row for each function that a runtime takes', () => {
    const taken = [
      ...functionsOf('src/options.ts', 'RuntimeOptions', ''),
      ...functionsOf('src/options.ts', 'StateOptions', 'state.'),
      ...functionsOf('src/machine/options.ts', 'MachineOptions', 'machine.'),
      ...functionsOf('src/store/store.ts', 'SessionStore', 'store.'),
      ...functionsOf('src/session/session.ts', 'SessionServer', 'server.'),
    ].map((each) => (each === 'state.create' ? 'state' : each));
    expect(taken).toContain('store.write');
    const documented = new Set(ROWS.map(({ name }) => name));
    // Chance is for tests to choose. A store that can not be opened is everybody's, as the page says;
    // one whose part can not be had keeps no handles, and one that can not be observed is none.
    const others = taken.filter((each) => !documented.has(each));
    expect(others).toEqual(['random', 'store.time', 'store.part', 'store.observe']);
  });
});

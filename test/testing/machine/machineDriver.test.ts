import { McpServer } from '@modelcontextprotocol/server';
import * as fc from 'fast-check';
import { createRuntime } from 'mcp-actors';
import { offer, type OfferedTools } from 'mcp-actors/machine';
import {
  coverage,
  type MachineDriver,
  machineDriver,
  type MachineDriverOptions,
  planPaths,
  sessionProperty,
  virtualClock,
  walkModel,
} from 'mcp-actors/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { assign, fromPromise, setup } from 'xstate';
import { checkout } from '../../../examples/checkout/machine.ts';
import { start } from '../../../examples/checkout/server.ts';
import { CHECKOUT, startCopy } from '../../support/checkoutCopy.ts';

/** Stands for a server that is never asked. */
const NOWHERE = { fetch: () => Promise.reject(new Error('not there')) };
const TIME = { time: { advance: () => {} } };
const WALKED = { without: { 'addressed -- order.placed --> approving': 'no reason' } };

/** A gate that opens for the third coin, beside a lamp; and a loader that a webhook ends. */
const gate = setup({
  types: {
    context: {} as { coins: number },
    events: {} as { type: 'coin' } | { type: 'lamp' } | { type: 'paid.elsewhere' },
  },
  actors: { load: fromPromise(() => new Promise<string>(() => {})) },
  guards: { isThird: ({ context }) => context.coins === 2 },
  actions: { count: assign({ coins: ({ context }) => context.coins + 1 }) },
  delays: { soon: 1000 },
}).createMachine({
  id: 'gate',
  context: { coins: 0 },
  type: 'parallel',
  states: {
    bar: {
      initial: 'shut',
      states: {
        shut: {
          on: {
            coin: [{ guard: 'isThird', target: 'open' }, { actions: 'count' }],
            'paid.elsewhere': 'open',
          },
        },
        open: {},
      },
    },
    lamp: {
      initial: 'dark',
      states: { dark: { on: { lamp: 'lit' } }, lit: { after: { soon: 'dark' } } },
    },
  },
});

type Options = Partial<MachineDriverOptions<typeof gate>>;

/** The driver of a server that has a gate. */
function gateDriver(machine: typeof gate = gate, more: Options = {}) {
  const clock = virtualClock();
  const runtime = createRuntime({
    clock,
    machine,
    server({ actor, serverOptions }) {
      const server = new McpServer({ name: 'gate', version: '1' }, serverOptions);
      const tools: OfferedTools<typeof gate> = {
        insert: { event: 'coin' },
        light: { event: 'lamp' },
      };
      offer(server, actor, tools, { resource: true });
      return server;
    },
  });
  onTestFinished(() => runtime.close());
  return machineDriver({
    machine: gate,
    runtime,
    tools: { insert: { event: 'coin' }, light: { event: 'lamp' } },
    outside: {
      webhook: {
        event: { type: 'paid.elsewhere' },
        cause: (id) => {
          const session = [...runtime.residents()].at(-1)!;
          expect(id).not.toBe('');
          session.actor.send({ type: 'paid.elsewhere' });
        },
      },
    },
    time: { advance: (ms) => clock.elapse(ms) },
    ...more,
  });
}

/** The model of a driver of the checkout, which is not walked. */
function modelOf(more: object): MachineDriver['model'] {
  return machineDriver({ ...CHECKOUT, runtime: NOWHERE, ...TIME, ...more } as never).model;
}

/** The driver of a copy of the checkout that does one thing wrong, or nothing. */
function copyDriver(fault?: 'wrong target'): MachineDriver {
  const clock = virtualClock();
  const runtime = startCopy(fault, { clock });
  onTestFinished(() => runtime.close());
  const time = { advance: (ms: number) => clock.elapse(ms) };
  return machineDriver({ ...CHECKOUT, runtime, time, unfold: 3 });
}

describe('machineDriver', () => {
  it('comes to a guard that holds for a count, to parallel states, and to events from elsewhere', async () => {
    const driver = gateDriver();
    const report = await walkModel(driver);
    expect(report.failures).toEqual([]);
    expect(String(driver.chart)).toBe('gate: 4 of 4 states, 5 of 5 transitions');
    expect(driver.chart.isWhole).toBe(true);
    expect(driver.chart.transitions.map(({ name }) => name)).toEqual([
      'bar.shut -- coin [isThird] --> bar.open',
      'bar.shut -- coin --> bar.shut',
      'bar.shut -- paid.elsewhere --> bar.open',
      'lamp.dark -- lamp --> lamp.lit',
      'lamp.lit -- after soon --> lamp.dark',
    ]);
    const events = new Set(driver.model.edges.map(({ event }) => event));
    expect(events).toEqual(new Set(['insert', 'light', 'webhook', 'after soon']));
  });

  it('finds a count that is wrong by one', async () => {
    const eager = gate.provide({ guards: { isThird: ({ context }) => context.coins === 1 } });
    const { failures } = await walkModel(gateDriver(eager));
    expect(failures[0]).toMatchObject({ expected: expect.stringContaining('bar.shut') as string });
  });

  it('says what was missed, what is left out and why, and looks no further than it is told', async () => {
    const driver = gateDriver(gate, {
      without: { 'bar.shut -- coin [isThird] --> bar.open': 'only the nearest are looked at' },
      maxPositions: 3,
    });
    expect(driver.chart.isWhole).toBe(false);
    await walkModel(driver, { cover: 'states' });
    expect(String(driver.chart)).toMatch(
      /^left out {2}bar.shut -- coin \[isThird\] --> bar.open \(only/m,
    );
    expect(String(driver.chart)).toMatch(/^missed {4}lamp.lit -- after soon --> lamp.dark$/m);
  });

  it('goes on from as many positions of a kind as it is told', () => {
    expect(modelOf({}).states).toHaveLength(8);
    expect(modelOf({ unfold: 3 }).states.length).toBeGreaterThan(12);
    const apart = modelOf({
      tellApart: ({ context }: { context: { items: string[] } }) => context.items.length,
      maxPositions: 60,
    });
    expect(new Set(apart.states.map(({ name }) => name)).size).toBeGreaterThan(8);
  });

  it('plans shortest, simple, edge and edge-pair covers', () => {
    const model = modelOf({});
    const count = (cover: 'states' | 'simple-paths' | 'edges' | 'edge-pairs'): number =>
      planPaths(model, { cover }).length;
    expect(count('states')).toBeLessThan(count('simple-paths') + 1);
    expect(count('edges')).toBeLessThan(count('edge-pairs'));
    const longest = planPaths(model, { cover: 'simple-paths' }).map((path) =>
      path.map(({ event }) => event).join(),
    );
    expect(longest).toContain('add_item,give_address,place_order: approved');
  });

  it('is walked at random, and a failure is shrunk to a short walk', async () => {
    const sound = copyDriver();
    await fc.assert(sessionProperty(sound, { maxLength: 8 }), { numRuns: 10, seed: 1 });
    expect(coverage(sound).edges.filter(({ times }) => times > 0).length).toBeGreaterThan(10);

    const property = sessionProperty(copyDriver('wrong target'));
    const details = await fc.check(property, { seed: 1, numRuns: 300 });
    const shortest =
      'cart, add_item → cart (2), give_address → addressed, place_order: declined → addressed';
    expect(String(details.counterexample?.[0])).toContain(shortest);
    expect(details.counterexample?.[0].path.length).toBeLessThanOrEqual(4);
  });
});

describe('machineDriver refuses', () => {
  it.each([
    ['what is no machine', { machine: {} }, /machine must be a machine of XState/],
    ['both a URL and a runtime', { url: 'http://localhost' }, /either url or runtime/],
    ['an option there is none of', { tool: {} }, /knows no "tool"/],
    ['a member of a tool there is none of', { tools: { x: { evnt: 'x' } } }, /knows no "evnt"/],
    ['a number that is none', { unfold: 0 }, /unfold must be an integer > 0/],
    ['a rest without a clock', { rest: { ms: 1 }, time: undefined }, /rest.ms needs time/],
    ['a rest as long as a delay', { rest: { ms: 24 * 3_600_000 } }, /rest.ms must be less/],
    ['delays without a clock', { time: undefined }, /delays need either time, or a reason/],
    ['a reason for what can be walked', WALKED, /can be walked/],
    ['a reason for what is not there', { without: { x: 'y' } }, /the chart has no x/],
    [
      'a transition that nothing leads through',
      { tools: { ...CHECKOUT.tools, place_order: { event: 'order.placed' } } },
      /leads through approving -- approve done --> paid; approving -- approve failed --> addressed/,
    ],
  ])('%s', (_, more, message) => {
    expect(() => modelOf(more)).toThrow(message);
  });

  it('a question that no case answers', async () => {
    const clock = virtualClock();
    const runtime = start({ clock });
    onTestFinished(() => runtime.close());
    const { place_order: order, ...tools } = CHECKOUT.tools;
    const { approved } = order.cases;
    const silent = { invoked: approved.invoked };
    const driver = machineDriver({
      machine: checkout,
      runtime,
      time: { advance: (ms) => clock.elapse(ms) },
      tools: { ...tools, place_order: { ...order, cases: { ...order.cases, silent } } },
    });
    const { failures } = await walkModel(driver);
    expect(failures).toMatchObject([
      { expected: 'no question during the call', seen: 'elicitation/create' },
    ]);
  });
});

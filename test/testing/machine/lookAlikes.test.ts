import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime } from 'mcp-actors';
import { offer, type OfferedTools } from 'mcp-actors/machine';
import { type MachineDriver, machineDriver, planPaths, walkModel } from 'mcp-actors/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { assign, setup } from 'xstate';

/** A door that opens for the first knock, and for each later one by another transition. */
const door = setup({
  types: {
    context: {} as { knocks: number },
    events: {} as { type: 'knocked' } | { type: 'shut' },
  },
  guards: {
    isFirst: ({ context }) => context.knocks === 0,
    isLater: ({ context }) => context.knocks > 0,
  },
  actions: { count: assign({ knocks: ({ context }) => context.knocks + 1 }) },
}).createMachine({
  id: 'door',
  context: { knocks: 0 },
  initial: 'closed',
  states: {
    closed: {
      on: {
        knocked: [
          { guard: 'isFirst', target: 'open', actions: 'count' },
          { guard: 'isLater', target: 'open' },
        ],
      },
    },
    open: { on: { shut: 'closed' } },
  },
});

/** The driver of a server that has a door. */
function doorDriver(machine: typeof door = door): MachineDriver {
  const runtime = createRuntime({
    machine,
    report: false,
    server({ actor, serverOptions }) {
      const server = new McpServer({ name: 'door', version: '1' }, serverOptions);
      const tools: OfferedTools<typeof door> = {
        knock: { event: 'knocked' },
        shut: { event: 'shut' },
      };
      offer(server, actor, tools, { resource: true });
      return server;
    },
  });
  onTestFinished(() => runtime.close());
  return machineDriver({
    machine: door,
    runtime,
    tools: { knock: { event: 'knocked' }, shut: { event: 'shut' } },
  });
}

const FIRST = 'closed -- knocked [isFirst] --> open';
const LATER = 'closed -- knocked [isLater] --> open';

describe('machineDriver, of two transitions for one event between the same states', () => {
  it('walks both, by edges and by pairs of edges', async () => {
    for (const cover of ['edges', 'edge-pairs'] as const) {
      const driver = doorDriver();
      const { failures } = await walkModel(driver, { cover });
      expect(failures).toEqual([]);
      const names = driver.chart.transitions.map(({ name }) => name);
      expect(names).toEqual([FIRST, LATER, 'open -- shut --> closed']);
      expect(String(driver.chart)).toBe('door: 2 of 2 states, 3 of 3 transitions');
    }
  });

  it('plans each pair that one of them is in', () => {
    const paths = planPaths(doorDriver().model, { cover: 'edge-pairs' });
    const pairs = paths.flatMap((path) =>
      path.slice(1).map((edge, n) => {
        const before = path[n]!;
        return `${before.from} ${before.event}, ${edge.from} ${edge.event}`;
      }),
    );
    expect(pairs).toEqual(
      expect.arrayContaining(['closed knock, open shut', 'open shut, closed (2) knock']),
    );
  });

  it('finds a fault in either', async () => {
    const deaf = door.provide({ guards: { isLater: () => false } });
    const { failures } = await walkModel(doorDriver(deaf), { cover: 'edge-pairs' });
    expect(failures.length).toBeGreaterThan(0);
    expect(failures[0]!.expected).toContain('knock listed');
  });
});

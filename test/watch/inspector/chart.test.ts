import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { nodeMachine, sessionMachine, supervisorMachine } from 'mcp-actors/machines';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { generated } from '../../../docs/generate.ts';
import type { Box } from '../../../src/watch/inspector/chart/boxes.ts';
import { drawMachine } from '../../../src/watch/inspector/chart/draw.ts';
import { ANY, edgesOf, readable } from '../../../src/watch/inspector/chart/edges.ts';
import { type Chart, layoutOf } from '../../../src/watch/inspector/chart/layout.ts';
import { SIZE, widthOf } from '../../../src/watch/inspector/chart/sizes.ts';
import { flatten, readMachine } from '../../../src/watch/inspector/chart/statechart.ts';

const ROOT = new URL('../../../', import.meta.url);
const layout = (machine: AnyStateMachine): Chart => layoutOf(readMachine(machine));

describe('generated files', () => {
  it('are as the machines, the rooms and the page are: run `npm run docs` after a change to one', async () => {
    const files = await generated();
    expect(files.size).toBe(9);
    const stale = [...files].filter(
      ([path, text]) => readFileSync(new URL(path, ROOT), 'utf8') !== text,
    );
    expect(stale.map(([path]) => path)).toEqual([]);
  });

  it('carry the licence of the view library', async () => {
    const page = (await generated()).get('src/watch/inspector/assets/page.ts');
    expect(page).toContain('The MIT License (MIT)');
    expect(page).toContain('Jason Miller');
  });
});

/** What every drawing must hold to, whatever the machine, and where one does not. */
function flawsOf({ boxes, lines, width, height }: Chart): string[] {
  const byPath = new Map(boxes.map((box) => [box.state.path, box]));
  const leaves = boxes.filter(({ children }) => children.length === 0);
  const flaws = boxes.flatMap((box) => {
    const { x, y, parent, state } = box;
    const isOnPaper = x >= 0 && y >= 0 && right(box) <= width && bottom(box) <= height;
    const isInside =
      parent === undefined ||
      (x > parent.x && y > parent.y && right(box) < right(parent) && bottom(box) < bottom(parent));
    return isOnPaper && isInside ? [] : [`${state.path} is out of place`];
  });
  for (const [i, a] of leaves.entries()) {
    for (const b of leaves.slice(i + 1)) {
      const isApart = right(a) < b.x || right(b) < a.x || bottom(a) < b.y || bottom(b) < a.y;
      if (!isApart) flaws.push(`${a.state.path} covers ${b.state.path}`);
    }
  }
  for (const { edge, points, label } of lines) {
    const [source, target] = [byPath.get(edge.source)!, byPath.get(edge.target)!];
    const name = `${edge.source} → ${edge.target}`;
    if (!isOnBorder(source, points[0]!)) flaws.push(`${name} begins nowhere`);
    if (!isOnBorder(target, points.at(-1)!)) flaws.push(`${name} ends nowhere`);
    // A line straight down or up says what it is in the state around it, and not beyond.
    const around = isUpright(points) ? source.parent : undefined;
    const end = (label?.x ?? 0) + widthOf(edge.label, SIZE.label);
    if (around !== undefined && end > right(around)) flaws.push(`the label of ${name} spills`);
    for (const leaf of leaves) {
      if (leaf === source || leaf === target || !crosses(points, leaf)) continue;
      flaws.push(`${name} runs through ${leaf.state.path}`);
    }
  }
  return flaws;
}

const isUpright = ([a, b, ...more]: Chart['lines'][number]['points']): boolean =>
  more.length === 0 && a?.[0] === b?.[0];

const right = ({ x, width }: Box): number => x + width;
const bottom = ({ y, height }: Box): number => y + height;

function isOnBorder(box: Box, [x, y]: readonly [number, number]): boolean {
  const isWithin = x >= box.x && x <= right(box) && y >= box.y && y <= bottom(box);
  const isAtSide = x === box.x || x === right(box) || y === box.y || y === bottom(box);
  return isWithin && isAtSide;
}

function crosses(points: Chart['lines'][number]['points'], box: Box): boolean {
  return points.slice(1).some(([x, y], i) => {
    const [px, py] = points[i]!;
    const isBeside = Math.max(x, px) <= box.x || Math.min(x, px) >= right(box);
    const isAbove = Math.max(y, py) <= box.y || Math.min(y, py) >= bottom(box);
    return !isBeside && !isAbove;
  });
}

describe('layoutOf', () => {
  it('places the states of the session machine, and leads every line from border to border', () => {
    const chart = layout(sessionMachine);
    expect(flawsOf(chart)).toEqual([]);
    const states = flatten(readMachine(sessionMachine)).map(({ path }) => path);
    // The machine itself is there as "any state".
    expect(chart.boxes.map(({ state }) => state.path).toSorted()).toEqual(states.toSorted());
    expect(chart.lines.length).toBe(edgesOf(readMachine(sessionMachine)).length);
  });

  it('puts a life in order: initializing, active, idle, closing, evicted', () => {
    const { boxes } = layout(sessionMachine);
    const top = boxes.filter(({ state, parent }) => parent === undefined && state.path !== ANY);
    const order = top.toSorted((a, b) => a.x - b.x).map(({ state }) => state.name);
    expect(order).toEqual(['initializing', 'active', 'idle', 'closing', 'evicted']);
  });

  it('places the supervisor, and a node', () => {
    expect(flawsOf(layout(supervisorMachine))).toEqual([]);
    expect(flawsOf(layout(nodeMachine))).toEqual([]);
  });

  it('places regions that are active at once', () => {
    const region = {
      initial: 'off',
      states: { off: { on: { go: 'on' } }, on: { on: { stop: 'off' } } },
    };
    expect(
      flawsOf(
        layout(createMachine({ type: 'parallel', states: { a: region, b: region, c: region } })),
      ),
    ).toEqual([]);
  });

  it('keeps to that for any machine', () => {
    fc.assert(
      fc.property(configs(), (config) => {
        expect(flawsOf(layout(createMachine(config as never)))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

/** Machines of up to 30 states, three deep, with any transitions between them. */
function configs(): fc.Arbitrary<Config> {
  const shape = fc.letrec<{ node: object }>((tie) => ({
    node: fc.record({
      states: fc.option(fc.array(tie('node'), { minLength: 1, maxLength: 4 }).map(named), {
        nil: undefined,
        maxDepth: 2,
      }),
    }),
  }));
  const aims = fc.array(
    fc.tuple(
      fc.nat(),
      fc.nat(),
      fc.constantFrom('go', 'stop.now', 'what.takes.a.long.line.to.say'),
    ),
  );
  return fc
    .tuple(fc.array(shape.node, { minLength: 1, maxLength: 6 }), aims)
    .map(([nodes, transitions]) => {
      const config = withInitial({ id: 'any', states: named(nodes) });
      const all = below(config);
      for (const [from, to, event] of transitions) {
        const [source, target] = [all[from % all.length]!, all[to % all.length]!];
        source.config.on = { ...source.config.on, [event]: `#any.${target.path}` };
      }
      return config;
    });
}

interface Config {
  id?: string;
  initial?: string;
  states?: Record<string, Config>;
  on?: Record<string, string>;
}

function named(nodes: readonly object[]): Record<string, Config> {
  return Object.fromEntries(nodes.map((node, i) => [`s${i}`, node]));
}

function withInitial(config: Config): Config {
  if (config.states === undefined) return config;
  const states = Object.entries(config.states).map(([name, each]) => [name, withInitial(each)]);
  return { ...config, initial: 's0', states: Object.fromEntries(states) as Config['states'] & {} };
}

function below(config: Config, around = ''): { path: string; config: Config }[] {
  return Object.entries(config.states ?? {}).flatMap(([name, each]) => [
    { path: `${around}${name}`, config: each },
    ...below(each, `${around}${name}.`),
  ]);
}

describe('drawMachine', () => {
  it('names each state and line, so that a page can light them', () => {
    const svg = drawMachine(sessionMachine);
    expect(svg).toContain('data-state="idle.warm"');
    expect(svg).toContain(
      'data-source="active" data-target="idle" data-events="[&quot;session.quiet&quot;]"',
    );
  });

  it('takes nothing in a machine for markup', () => {
    const evil = '"><script>alert(1)</script>';
    const machine = createMachine({
      id: evil,
      initial: evil,
      states: { [evil]: { description: evil, on: { [evil]: evil } } },
    });
    expect(drawMachine(machine)).not.toContain('<script>');
  });

  it('names inline guards and actions without their source', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: { on: { go: { target: 'b', guard: () => true, actions: [() => {}] } } },
        b: {},
      },
    });
    expect(drawMachine(machine)).not.toContain('=>');
  });
});

describe('readable', () => {
  it.each([
    ['session.quiet', 'quiet'],
    ['xstate.after.1000.door.open', 'after 1000'],
    ['xstate.done.actor.0.door.loading', 'done door.loading'],
    ['xstate.done.actor.0.session.waking', 'done waking'],
    ['xstate.done.state.session.closing', 'done closing'],
    ['message.arrived', 'message.arrived'],
  ])('%s reads %s', (event, text) => {
    expect(readable(event, 'session')).toBe(text);
  });
});

import { describe, expect, it } from 'vitest';
import { type AnyStateNode, initialTransition, transition } from 'xstate';
import {
  FIRST_NODE_STEP,
  nextNodeStep,
  NODE_EFFECTS,
  type NodeEvent,
  nodeMachine,
  type NodeSnapshot,
  type NodeStep,
} from '../../machines/index.ts';

const EVENTS: readonly NodeEvent['type'][] = [
  'node.recovered',
  'lease.lapsed',
  'lease.lost',
  'connection.restored',
  'server.changed',
  'inbox.silenced',
  'node.retired',
  'node.left',
];

interface Edge {
  readonly from: NodeStep;
  readonly event: NodeEvent;
  readonly to: NodeStep;
}

/** Every step there is, from every state that can be reached. */
function edges(): Edge[] {
  const found: Edge[] = [];
  const seen = new Set<string>();
  const queue = [FIRST_NODE_STEP];
  for (let from = queue.pop(); from !== undefined; from = queue.pop()) {
    if (seen.has(from.state)) continue;
    seen.add(from.state);
    for (const type of EVENTS) {
      const to = nextNodeStep(from.snapshot, { type });
      found.push({ from, event: { type }, to });
      queue.push(to);
    }
  }
  return found;
}

function written(node: AnyStateNode, found = new Map<object, string>()): Map<object, string> {
  for (const [event, transitions] of node.transitions) {
    transitions.forEach((each, i) => found.set(each, `${node.id} ${event} ${i}`));
  }
  for (const child of Object.values(node.states)) written(child, found);
  return found;
}

function told(...types: NodeEvent['type'][]): NodeSnapshot {
  let { snapshot } = FIRST_NODE_STEP;
  for (const type of types) ({ snapshot } = nextNodeStep(snapshot, { type }));
  return snapshot;
}

/** Where each event leads from a state that is not serving, and to which effects. */
const RECOVERING = (self: string, live: string) => ({
  'node.recovered': [live, ['serve']],
  'lease.lost': [self, ['reincarnate', 'doubt']],
  'connection.restored': [self, ['doubt', 'beat']],
  'server.changed': [self, ['doubt']],
});

const SERVING = (suspended: string) => ({
  'lease.lapsed': [suspended, ['beat']],
  'lease.lost': [suspended, ['reincarnate', 'doubt']],
  'connection.restored': [suspended, ['doubt', 'beat']],
  'server.changed': [suspended, ['doubt']],
  'inbox.silenced': [suspended, []],
});

const LEFT = { 'node.left': ['left', ['part']] };

describe('nodeMachine', () => {
  const all = edges();

  it('begins by joining, and does nothing by itself', () => {
    const [snapshot, actions] = initialTransition(nodeMachine);
    expect([snapshot.value, actions]).toEqual(['joining', []]);
    expect([FIRST_NODE_STEP.state, FIRST_NODE_STEP.effects]).toEqual(['joining', []]);
  });

  it.each<[string, NodeEvent['type'][], Record<string, unknown>]>([
    [
      'joining',
      [],
      {
        ...RECOVERING('joining', 'live'),
        'node.retired': ['draining.suspended', []],
        ...LEFT,
      },
    ],
    [
      'live',
      ['node.recovered'],
      { ...SERVING('suspended'), 'node.retired': ['draining.serving', ['beat', 'serve']], ...LEFT },
    ],
    [
      'suspended',
      ['node.recovered', 'lease.lapsed'],
      {
        ...RECOVERING('suspended', 'live'),
        'node.retired': ['draining.suspended', []],
        ...LEFT,
      },
    ],
    [
      'draining.serving',
      ['node.recovered', 'node.retired'],
      { ...SERVING('draining.suspended'), ...LEFT },
    ],
    [
      'draining.suspended',
      ['node.retired'],
      { ...RECOVERING('draining.suspended', 'draining.serving'), ...LEFT },
    ],
    ['left', ['node.left'], {}],
  ])('in %s hears what it should and nothing else', (state, way, heard) => {
    for (const type of EVENTS) {
      const step = nextNodeStep(told(...way), { type });
      expect([type, step.state, step.effects]).toEqual([
        type,
        ...((heard[type] as unknown[] | undefined) ?? [state, []]),
      ]);
    }
  });

  it('has no transition that can not be walked', () => {
    const left = written(nodeMachine.root);
    for (const { from, event } of all) {
      for (const taken of nodeMachine.getTransitionData(from.snapshot, event)) left.delete(taken);
    }
    expect([...left.values()]).toEqual([]);
  });

  it.each([
    [[], []],
    [['node.recovered'], ['claiming', 'serving']],
    [['node.recovered', 'lease.lost'], []],
    [['node.recovered', 'node.retired'], ['serving']],
    [['node.recovered', 'node.retired', 'inbox.silenced'], []],
    [['node.recovered', 'node.left'], []],
  ] as const)('after %j is tagged %j', (way, tags) => {
    expect([...told(...way).tags].toSorted()).toEqual(tags);
  });

  it('can leave from each state, ends its lease once, and never comes back', () => {
    for (const { from, event, to } of all) {
      const [wasLeft, isLeft] = [from.state === 'left', to.state === 'left'];
      expect(isLeft).toBe(wasLeft || event.type === 'node.left');
      expect(to.effects.includes('part')).toBe(isLeft && !wasLeft);
      expect(to.snapshot.status).toBe(isLeft ? 'done' : 'active');
    }
  });

  it('claims nothing again once it drains', () => {
    for (const { from, to } of all) {
      if (!from.state.startsWith('draining')) continue;
      expect(to.snapshot.hasTag('claiming')).toBe(false);
    }
  });

  it('serves again only when it has recovered', () => {
    for (const { from, event, to } of all) {
      if (from.snapshot.hasTag('serving') || !to.snapshot.hasTag('serving')) continue;
      expect([event.type, to.effects]).toEqual(['node.recovered', ['serve']]);
    }
  });

  it('steps as XState does, and names all effects of the list', () => {
    for (const { from, event, to } of all) {
      const [next, actions] = transition(nodeMachine, from.snapshot, event);
      expect([to.snapshot.value, to.effects]).toEqual([
        next.value,
        actions.map(({ type }) => type),
      ]);
    }
    expect(new Set(all.flatMap(({ to }) => to.effects))).toEqual(new Set(NODE_EFFECTS));
  });
});

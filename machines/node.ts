import { setup, type SnapshotFrom, transition } from 'xstate';

/** Everything the machine of a node can be told. Nothing from the wire ever becomes an event type. */
export type NodeEvent =
  /** A lease lasts, the inbox answers, and everything owned was asserted. */
  | { type: 'node.recovered' }
  /** By the node's own clocks: the engine was not heard in time. */
  | { type: 'lease.lapsed' }
  /** By the word of the engine. */
  | { type: 'lease.lost' }
  | { type: 'connection.restored' }
  /** Another server answers, or one with another memory. */
  | { type: 'server.changed' }
  /** The inbox did not answer the node's own ping in time. */
  | { type: 'inbox.silenced' }
  | { type: 'node.retired' }
  | { type: 'node.left' };

/** The effects a node's machine names; the cluster provides all of them. */
export const NODE_EFFECTS = ['reincarnate', 'doubt', 'beat', 'serve', 'part'] as const;

export type NodeEffect = (typeof NODE_EFFECTS)[number];

/** What makes a node unsure of what it owns, and what is to be done about each. */
const LAPSED = { actions: 'beat' } as const;
const LOST = { actions: ['reincarnate', 'doubt'] } as const;
const RESTORED = { actions: ['doubt', 'beat'] } as const;
const CHANGED = { actions: 'doubt' } as const;

/**
 * The life of a node of a cluster: `joining → live ⇄ suspended`, then `draining → left`.
 *
 * Pure: every action only names an effect, which the cluster provides. What a node may do at a moment
 * is the machine's tags and the clocks together: a process that was stopped hears no event meanwhile.
 */
export const nodeMachine = setup({
  types: {
    events: {} as NodeEvent,
    tags: {} as 'serving' | 'claiming',
  },
  actions: {
    reincarnate: () => {},
    doubt: () => {},
    beat: () => {},
    serve: () => {},
    part: () => {},
  },
}).createMachine({
  id: 'node',
  description: 'A process of a cluster: has a lease, owns sessions, suspends itself, leaves.',
  initial: 'joining',
  states: {
    joining: {
      description: 'Its first lease is not there yet.',
      on: {
        'node.recovered': 'live',
        'lease.lost': LOST,
        'connection.restored': RESTORED,
        'server.changed': CHANGED,
        'node.retired': 'draining.suspended',
        'node.left': 'left',
      },
    },
    live: {
      description: 'Serves what it owns, and claims what is nobody’s.',
      tags: ['serving', 'claiming'],
      entry: 'serve',
      on: {
        'lease.lapsed': { target: 'suspended', ...LAPSED },
        'lease.lost': { target: 'suspended', ...LOST },
        'connection.restored': {
          description: 'What was asked before counts for nothing.',
          target: 'suspended',
          ...RESTORED,
        },
        'server.changed': { target: 'suspended', ...CHANGED },
        'inbox.silenced': 'suspended',
        'node.retired': { target: 'draining.serving', actions: 'beat' },
        'node.left': 'left',
      },
    },
    suspended: {
      description: 'Serves only what was asserted again, under a lease. Nothing is lost meanwhile.',
      on: {
        'node.recovered': 'live',
        'lease.lost': LOST,
        'connection.restored': RESTORED,
        'server.changed': CHANGED,
        'node.retired': 'draining.suspended',
        'node.left': 'left',
      },
    },
    draining: {
      description: 'Claims nothing any more; what is owned is served until it is released.',
      initial: 'serving',
      on: { 'node.left': 'left' },
      states: {
        serving: {
          tags: 'serving',
          entry: 'serve',
          on: {
            'lease.lapsed': { target: 'suspended', ...LAPSED },
            'lease.lost': { target: 'suspended', ...LOST },
            'connection.restored': { target: 'suspended', ...RESTORED },
            'server.changed': { target: 'suspended', ...CHANGED },
            'inbox.silenced': 'suspended',
          },
        },
        suspended: {
          on: {
            'node.recovered': 'serving',
            'lease.lost': LOST,
            'connection.restored': RESTORED,
            'server.changed': CHANGED,
          },
        },
      },
    },
    left: {
      description: 'Its lease is ended. Another incarnation would be another node.',
      type: 'final',
      entry: 'part',
      // Stepped as a pure function, a final state hears its ancestors' events; the end hears none.
      on: { '*': {} },
    },
  },
});

export type NodeSnapshot = SnapshotFrom<typeof nodeMachine>;

/** The states of a node, as its machine names them. */
export const NODE_STATES = [
  'joining',
  'live',
  'suspended',
  'draining.serving',
  'draining.suspended',
  'left',
] as const;

export type NodeState = (typeof NODE_STATES)[number];

/** One step of a node's machine: the state it leads to, and the effects to run, in order. */
export interface NodeStep {
  readonly snapshot: NodeSnapshot;
  /** For watchers; code asks for tags. */
  readonly state: NodeState;
  readonly effects: readonly NodeEffect[];
}

/** The state of every new node. */
export const FIRST_NODE_STEP: NodeStep = stepOf(
  nodeMachine.resolveState({ value: 'joining', context: {} }),
  [],
);

/** The step that an event makes of a node's snapshot. */
export function nextNodeStep(snapshot: NodeSnapshot, event: NodeEvent): NodeStep {
  return stepOf(...transition(nodeMachine, snapshot, event));
}

function stepOf(snapshot: NodeSnapshot, actions: readonly { type: string }[]): NodeStep {
  const { value } = snapshot;
  const state = typeof value === 'string' ? value : (`draining.${value.draining}` as const);
  return { snapshot, state, effects: actions.map(({ type }) => type as NodeEffect) };
}

import { assign, setup, type SnapshotFrom, transition } from 'xstate';

/** Everything the machine of a call can be told. Nothing from the wire ever becomes an event type. */
export type CallEvent =
  | { type: 'question.asked' }
  | { type: 'turn.over' }
  | { type: 'questions.dropped' }
  | { type: 'question.answered'; open: boolean }
  | { type: 'call.answered' }
  | { type: 'call.detached' }
  | { type: 'call.withdrawn' }
  | { type: 'client.gone' }
  | { type: 'retry.claimed' }
  | { type: 'deadline.passed' };

export interface CallContext {
  /** The handler has answered, and nobody has fetched the answer yet. */
  answered: boolean;
}

/** The effects a call's machine names; the runtime provides all of them. */
export const CALL_EFFECTS = [
  'gather',
  'park',
  'attach',
  'reply',
  'keep',
  'createTask',
  'tellTask',
  'abort',
  'disarm',
  'forget',
] as const;

export type CallEffect = (typeof CALL_EFFECTS)[number];

/** How a call ends that nobody waits for any more. */
const ABANDONED = { target: '#call.settled', actions: 'abort' } as const;

/**
 * The life of one call of the stateless revision, which may outlive the response that brought it:
 * parked while its client is asked something, or as a task that its client polls.
 *
 * Pure: every action only names an effect, which the runtime provides. A call that is answered on
 * the response that brought it never needs the machine.
 */
export const callMachine = setup({
  types: {
    context: {} as CallContext,
    events: {} as CallEvent,
    tags: {} as 'attached' | 'parked' | 'task' | 'done',
  },
  actions: {
    gather: () => {},
    park: () => {},
    attach: () => {},
    reply: () => {},
    keep: () => {},
    createTask: () => {},
    tellTask: () => {},
    abort: () => {},
    disarm: () => {},
    forget: () => {},
    noteAnswer: assign({ answered: true }),
  },
  guards: {
    isAnswered: ({ context }) => context.answered,
    isOpen: (_, { open }: { open: boolean }) => open,
  },
}).createMachine({
  id: 'call',
  context: { answered: false },
  initial: 'running',
  states: {
    running: {
      description: 'Its response is open, and its handler runs.',
      tags: 'attached',
      initial: 'working',
      on: {
        'call.answered': { target: 'settled', actions: 'reply' },
        'call.withdrawn': ABANDONED,
        'client.gone': {
          description: 'The response was closed: in this revision, that is the cancel.',
          ...ABANDONED,
        },
        'call.detached': { description: 'It lasts: from here on it is a task.', target: 'task' },
      },
      states: {
        working: { on: { 'question.asked': 'gathering' } },
        gathering: {
          description: 'What is asked in the same turn goes out together.',
          entry: 'gather',
          on: {
            'turn.over': '#call.parked',
            'questions.dropped': {
              description: 'They were withdrawn, or there was no room to wait.',
              target: 'working',
            },
          },
        },
      },
    },
    parked: {
      description: 'Answered with `input_required`: the handler waits, and nobody holds a line.',
      tags: 'parked',
      entry: 'park',
      exit: 'disarm',
      on: {
        'retry.claimed': [
          { guard: 'isAnswered', target: 'settled', actions: ['attach', 'reply'] },
          { target: 'running', actions: 'attach' },
        ],
        'call.answered': {
          description: 'The handler went on without its client: kept for the retry.',
          actions: ['noteAnswer', 'keep'],
        },
        'call.withdrawn': ABANDONED,
        'deadline.passed': { description: 'parkMs', ...ABANDONED },
      },
    },
    task: {
      description: 'Answered with a task, which its client polls.',
      tags: 'task',
      initial: 'working',
      entry: 'createTask',
      on: {
        'call.answered': { target: 'kept', actions: 'tellTask' },
        'call.withdrawn': { target: 'kept', actions: ['abort', 'tellTask'] },
        'deadline.passed': { description: 'ttlMs', ...ABANDONED },
      },
      states: {
        working: { on: { 'question.asked': 'gathering' } },
        gathering: {
          description: 'What is asked in the same turn is told together.',
          entry: 'gather',
          on: { 'turn.over': 'asking', 'questions.dropped': 'working' },
        },
        asking: {
          description: 'The task needs input.',
          entry: 'tellTask',
          on: {
            'question.asked': 'gathering',
            'question.answered': [
              {
                guard: { type: 'isOpen', params: ({ event }) => ({ open: event.open }) },
                actions: 'tellTask',
              },
              { target: 'working', actions: 'tellTask' },
            ],
          },
        },
      },
    },
    kept: {
      description: 'Over. The outcome is the task’s from here on, until its time is up.',
      type: 'final',
      tags: ['task', 'done'],
      entry: 'forget',
      on: { '*': {} },
    },
    settled: {
      description: 'Over, and forgotten.',
      type: 'final',
      tags: 'done',
      entry: 'forget',
      // Stepped as a pure function, a final state hears its ancestors' events; the end hears none.
      on: { '*': {} },
    },
  },
});

export type CallSnapshot = SnapshotFrom<typeof callMachine>;

/** One step of a call's machine: the state it leads to, and the effects to run, in order. */
export interface CallStep {
  readonly snapshot: CallSnapshot;
  /** The path of the state the step leads to: `running.working`. For watchers; code asks for tags. */
  readonly path: string;
  readonly effects: readonly CallEffect[];
}

const snapshots = new Map<string, CallSnapshot>();
const steps = new WeakMap<CallSnapshot, Map<string, CallStep>>();

/** The state of every new call. */
export const FIRST_CALL_STEP: CallStep = remember([
  callMachine.resolveState({ value: { running: 'working' }, context: { answered: false } }),
  [],
]);

/** The step that an event makes of a call's snapshot: each is computed once. */
export function nextCallStep(snapshot: CallSnapshot, event: CallEvent): CallStep {
  let known = steps.get(snapshot);
  if (known === undefined) steps.set(snapshot, (known = new Map()));
  const name = event.type === 'question.answered' ? `${event.type} ${event.open}` : event.type;
  let step = known.get(name);
  if (step === undefined) {
    step = remember(transition(callMachine, snapshot, event));
    known.set(name, step);
  }
  return step;
}

function remember([snapshot, actions]: [CallSnapshot, readonly { type: string }[]]): CallStep {
  const { value, context } = snapshot;
  const name = JSON.stringify([value, context.answered]);
  const shared = snapshots.get(name) ?? snapshot;
  snapshots.set(name, shared);
  // The machine's own assignments are applied by now; the actions left are the effects it names.
  const effects = actions.map(({ type }) => type as CallEffect);
  return { snapshot: shared, path: pathOf(value), effects };
}

function pathOf(value: CallSnapshot['value']): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([parent, child]) => `${parent}.${child as string}`)
    .join();
}

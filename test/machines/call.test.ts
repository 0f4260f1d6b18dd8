import { describe, expect, it } from 'vitest';
import { type AnyStateNode, transition } from 'xstate';
import {
  CALL_EFFECTS,
  type CallEvent,
  callMachine,
  type CallSnapshot,
  FIRST_CALL_STEP,
  nextCallStep,
} from '../../machines/index.ts';

const EVENTS: readonly CallEvent[] = [
  { type: 'question.asked' },
  { type: 'turn.over' },
  { type: 'questions.dropped' },
  { type: 'question.answered', open: true },
  { type: 'question.answered', open: false },
  { type: 'call.answered' },
  { type: 'call.detached' },
  { type: 'call.withdrawn' },
  { type: 'client.gone' },
  { type: 'retry.claimed' },
  { type: 'deadline.passed' },
];

interface Edge {
  readonly from: CallSnapshot;
  readonly event: CallEvent;
  readonly to: CallSnapshot;
  readonly path: string;
  readonly effects: readonly string[];
}

/** Every step there is, from every state that can be reached. */
function edges(): Edge[] {
  const found: Edge[] = [];
  const seen = new Set<CallSnapshot>();
  const queue = [FIRST_CALL_STEP.snapshot];
  for (let from = queue.pop(); from !== undefined; from = queue.pop()) {
    if (seen.has(from)) continue;
    seen.add(from);
    for (const event of EVENTS) {
      const { snapshot: to, path, effects } = nextCallStep(from, event);
      found.push({ from, event, to, path, effects });
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

describe('callMachine', () => {
  const all = edges();

  it('has no transition that can not be walked', () => {
    const left = written(callMachine.root);
    for (const { from, event } of all) {
      for (const taken of callMachine.getTransitionData(from, event)) left.delete(taken);
    }
    expect([...left.values()]).toEqual([]);
  });

  it('reaches eight states, and can end from each', () => {
    const paths = new Set(all.map(({ path }) => path));
    expect([...paths].toSorted()).toEqual([
      'kept',
      'parked',
      'running.gathering',
      'running.working',
      'settled',
      'task.asking',
      'task.gathering',
      'task.working',
    ]);
    const ending = new Set<CallSnapshot>(
      all.filter(({ to }) => to.status === 'done').map(({ to }) => to),
    );
    for (let size = 0; size !== ending.size;) {
      size = ending.size;
      for (const { from, to } of all) if (ending.has(to)) ending.add(from);
    }
    expect(all.filter(({ from }) => !ending.has(from))).toEqual([]);
  });

  it('is forgotten once, and never leaves the end', () => {
    for (const { from, to, effects } of all) {
      const isOver = from.status === 'done';
      expect(effects.includes('forget')).toBe(!isOver && to.status === 'done');
      expect([isOver, to === from && effects.length === 0]).not.toEqual([true, false]);
    }
  });

  it('replies only to a client that waits for the reply', () => {
    for (const { from, event, effects } of all) {
      if (!effects.includes('reply')) continue;
      expect(from.hasTag('attached') || event.type === 'retry.claimed').toBe(true);
    }
  });

  it('steps as XState does, shares snapshots, and names all effects of the list', () => {
    for (const { from, event, to, effects } of all) {
      const [next, actions] = transition(callMachine, from, event);
      expect([to.value, to.context, effects]).toEqual([
        next.value,
        next.context,
        actions.map(({ type }) => type),
      ]);
      expect(nextCallStep(from, event).snapshot).toBe(to);
    }
    expect(new Set(all.flatMap(({ effects }) => effects))).toEqual(new Set(CALL_EFFECTS));
  });
});

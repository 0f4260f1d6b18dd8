import {
  END_REASONS,
  firstStep,
  nextStep,
  type SessionEvent,
  sessionMachine,
  type Step,
} from 'mcp-actors/machines';
import { describe, expect, it } from 'vitest';
import { edgesOf } from '../../../src/watch/inspector/chart/edges.ts';
import { readMachine } from '../../../src/watch/inspector/chart/statechart.ts';
import { edgesTaken, isWithin } from '../../../src/watch/inspector/page/highlight.ts';

const EDGES = edgesOf(readMachine(sessionMachine));
const EVENTS: SessionEvent[] = [
  { type: 'session.built' },
  { type: 'session.woken' },
  { type: 'session.crashed', restart: true },
  { type: 'session.crashed', restart: false },
  { type: 'handshake.answered' },
  { type: 'handshake.refused' },
  { type: 'handshake.confirmed' },
  { type: 'message.arrived' },
  { type: 'session.quiet' },
  { type: 'session.slept' },
  { type: 'sleep.refused' },
  { type: 'stream.attached' },
  { type: 'stream.detached' },
  { type: 'deadline.passed' },
  { type: 'session.settled' },
  { type: 'session.released' },
  ...END_REASONS.map((reason) => ({ type: 'session.close', reason }) as const),
];

/** Every step the machine can take from one state to another. */
function steps(): { from: string; to: string; event: string }[] {
  const found = new Map<string, { from: string; to: string; event: string }>();
  const seen = new Set<Step['snapshot']>();
  const open: Step[] = [firstStep(true), firstStep(false)];
  for (let step = open.pop(); step !== undefined; step = open.pop()) {
    if (seen.has(step.snapshot)) continue;
    seen.add(step.snapshot);
    for (const event of EVENTS) {
      const next = nextStep(step.snapshot, event);
      open.push(next);
      const taken = { from: step.path, to: next.path, event: event.type };
      if (taken.from !== taken.to) found.set(JSON.stringify(taken), taken);
    }
  }
  return [...found.values()];
}

describe('edgesTaken', () => {
  it('finds the line of every step a session can take', () => {
    const all = steps();
    expect(all.length).toBeGreaterThan(30);
    const lost = all.filter(({ from, to, event }) => {
      const taken = edgesTaken(EDGES, { event, from: [from], to: [to] });
      const [first, last] = [taken[0], taken.at(-1)];
      if (first === undefined || last === undefined) return true;
      return !isWithin(from, first.source) || !isWithin(to, last.target);
    });
    expect(lost).toEqual([]);
  });

  it('follows a state that is left at once', () => {
    const step = {
      event: 'deadline.passed',
      from: ['closing.settling'],
      to: ['closing.releasing'],
    };
    expect(edgesTaken(EDGES, step).map(({ target }) => target)).toEqual([
      'closing.cutting',
      'closing.releasing',
    ]);
  });

  it('finds nothing where a machine has no such step', () => {
    const step = { event: 'session.opened', from: ['new'], to: ['initializing.building'] };
    expect(edgesTaken(EDGES, step)).toEqual([]);
  });
});

import {
  firstStep,
  nextStep,
  type SessionEvent,
  sleepingStep,
  type Step,
} from 'mcp-actors/machines';
import type { TransitionLine } from 'mcp-actors/recorder';
import { describe, expect, it, test } from 'vitest';
import { Course } from '../../../src/watch/recorder/course.ts';
import { EVENTS, nameOf, STATE_NAMES, WAYS } from '../../support/sessionStates.ts';

function line(
  event: TransitionLine['event'],
  from: string,
  { path, effects }: Step,
): TransitionLine {
  return { type: 'transition', at: 1, session: 's', event, from, to: path, effects };
}

/** The lines of a session that is told these events. */
function linesOf(first: Step, beginning: TransitionLine['event'], events: readonly SessionEvent[]) {
  const lines: TransitionLine[] = [line(beginning, 'new', first)];
  let step = first;
  for (const event of events) {
    const from = step.path;
    const last = step.snapshot;
    step = nextStep(last, event);
    // As a runtime announces it: what changes nothing is no transition.
    if (step.snapshot !== last || step.effects.length > 0) lines.push(line(event, from, step));
  }
  return lines;
}

const opened = (events: readonly SessionEvent[], sleeps = true): TransitionLine[] =>
  linesOf(firstStep(sleeps), { type: 'session.opened', sleeps }, events);

const faultsOf = (course: Course, lines: readonly TransitionLine[]): unknown[] =>
  lines.map((each) => course.step(each)).filter((mismatch) => mismatch !== undefined);

describe.each(STATE_NAMES)('Course, in %s', (state) => {
  it.each([true, false])('does what the machine does of each event (sleeps: %s)', (sleeps) => {
    for (const event of EVENTS) {
      const lines = opened([...WAYS[state], event], sleeps);
      expect([nameOf(event), faultsOf(new Course('new'), lines)]).toEqual([nameOf(event), []]);
      // And by one who came only for the last line.
      const last = lines.at(-1)!;
      expect([nameOf(event), faultsOf(new Course(last.from), [last])]).toEqual([nameOf(event), []]);
    }
  });
});

test('Course goes on where a session that slept is recalled from its record', () => {
  const slept = opened(WAYS['idle.asleep']);
  const recalled = linesOf(sleepingStep(true), { type: 'session.recalled', confirmed: true }, [
    { type: 'message.arrived' },
    { type: 'session.woken' },
    { type: 'session.quiet' },
  ]);
  expect(faultsOf(new Course('new'), [...slept, ...recalled])).toEqual([]);
  expect(faultsOf(new Course('new'), recalled)).toEqual([]);
  // One that is in use is in no record.
  expect(new Course('active').step(recalled[0]!)).toMatchObject({ field: 'from', seen: 'new' });
});

test('Course ends for the reason the machine knows, or as the record of one that sleeps', () => {
  const course = new Course('new');
  expect(faultsOf(course, opened(WAYS.evicted))).toEqual([]);
  expect(course.end('capacity')).toEqual({
    field: 'reason',
    expected: 'terminated',
    seen: 'capacity',
  });
  expect(course.end('terminated')).toBeUndefined();
  expect(new Course('active').end('expired')).toMatchObject({ field: 'from', expected: 'active' });
  expect(new Course('idle.asleep').end('expired')).toBeUndefined();
});

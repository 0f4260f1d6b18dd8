import { beforeEach, describe, expect, it, vi } from 'vitest';
import { sessionMachine, supervisorMachine } from '../../machines/index.ts';
import { eventually } from '../support/eventually.ts';
import { taken, written } from './machineLedger.ts';
import { SCENARIOS } from './scenarios.ts';
import { SLEEP_SCENARIOS } from './sleepScenarios.ts';
import { setStage } from './stage.ts';

/** Transitions that lead nowhere and do nothing: nobody announces them, so they are overheard. */
const overheard = vi.hoisted(() => new Set<string>());
vi.mock(import('../../machines/step.ts'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    nextStep: (snapshot, event) => {
      const step = original.nextStep(snapshot, event);
      if (step.snapshot === snapshot && step.effects.length === 0) {
        for (const name of taken(snapshot, event)) overheard.add(name);
      }
      return step;
    },
  };
});
beforeEach(() => overheard.clear());

const ALL = { ...SCENARIOS, ...SLEEP_SCENARIOS };

describe('a runtime over HTTP goes through', () => {
  it.each(Object.entries(ALL))('%s', async (_, { options = {}, walks, play }) => {
    const stage = await setStage(options);
    await play(stage);
    const seen = (): string[] => [...stage.ledger.walked, ...overheard];
    await eventually(() => walks.every((name) => seen().includes(name)));
    expect(seen()).toEqual(expect.arrayContaining([...walks]));
  });

  it('every transition of its machines, in these scenarios together', () => {
    const names = [sessionMachine, supervisorMachine].flatMap(({ root }) => [
      ...written(root).values(),
    ]);
    const walked = new Set(Object.values(ALL).flatMap(({ walks }) => walks));
    expect(names).toHaveLength(46);
    // Of actors without a protocol, which have no HTTP to come by.
    const others = ['session.initializing.building session.ready 0'];
    expect(names.filter((name) => !walked.has(name))).toEqual(others);
  });
});

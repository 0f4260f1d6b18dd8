import * as fc from 'fast-check';
import { coverage, sessionProperty } from 'mcp-actors/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { fakeDriver, type FakeDriver, type Lamp } from './fakeDriver.ts';
import { startProbedRuntime } from './probedRuntime.ts';

const ours = await startProbedRuntime();
afterAll(() => ours.close());

/** A lamp whose switch fails after it was hit. */
function broken(): FakeDriver {
  const { events } = fakeDriver();
  return fakeDriver({
    events: {
      ...events,
      press(lamp: Lamp, edge) {
        if (edge.from === 'broken') lamp.heard = 'nothing';
        else void events.press(lamp, edge);
      },
    },
  });
}

describe('sessionProperty', () => {
  it('holds on random walks over HTTP', async () => {
    await fc.assert(sessionProperty(ours.driver), { numRuns: 20 });
    expect(coverage(ours.driver).edges.filter(({ times }) => times > 0).length).toBeGreaterThan(20);
  });

  it('finds a failure, shrinks it to the shortest walk, and prints the seed', async () => {
    const failing = fc.assert(sessionProperty(broken()), { seed: 42, numRuns: 200 });
    await expect(failing).rejects.toThrow(/seed: 42, path: "/);
    const details = await fc.check(sessionProperty(broken()), { seed: 42, numRuns: 200 });
    expect(String(details.counterexample?.[0])).toBe(
      'off, press → on, hit → broken, press → broken',
    );
    expect(String(details.errorInstance)).toContain('expected  click');
    expect(String(details.errorInstance)).toContain('seen      nothing');
  });

  it('repeats what a seed found', async () => {
    const seed = { seed: 7, numRuns: 200 };
    const [one, other] = [
      await fc.check(sessionProperty(broken()), seed),
      await fc.check(sessionProperty(broken()), seed),
    ];
    expect(other.counterexamplePath).toBe(one.counterexamplePath);
  });

  it('never walks what is left out', async () => {
    const driver = fakeDriver({ without: { hammer: 'lost' } });
    await fc.assert(sessionProperty(driver, { maxLength: 50 }));
    const walked = coverage(driver).edges.filter(({ times }) => times > 0);
    expect(walked.map(({ edge }) => edge.event)).toEqual(['press', 'press']);
  });

  it('refuses a driver that lacks a part', () => {
    const { hit: _, ...events } = fakeDriver().events;
    const driver = { ...fakeDriver(), events } as unknown as FakeDriver;
    expect(() => sessionProperty(driver)).toThrow(/no executor for event hit/);
  });
});

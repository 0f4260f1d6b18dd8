import { coverage, describeSession } from 'mcp-actors/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { startProbedRuntime } from './probedRuntime.ts';

const MINUTE = 60_000;

const sleeping = await startProbedRuntime({}, { name: 'a runtime whose sessions sleep' });
const pinned = await startProbedRuntime(
  { onSleep: () => false },
  { name: 'a runtime whose sessions keep their servers' },
);
const wakeful = await startProbedRuntime(
  { sleep: false },
  { name: 'a runtime without sleep' },
  { restMs: 2 * MINUTE },
);
const ALL = [sleeping, pinned, wakeful];
afterAll(() => Promise.all(ALL.map((each) => each.close())));

for (const { driver } of ALL) describeSession(driver);

describe('coverage', () => {
  it.each(ALL)('is complete after describeSession: $driver.name', ({ driver }) => {
    expect(String(coverage(driver))).toBe('115 of 115 edges, 13 of 13 states');
    expect(coverage(driver).isComplete).toBe(true);
  });

  it('was not made by sessions that are all alike', () => {
    const slept = ALL.map(({ runtime }) => runtime.stats().woken > 0);
    expect(slept).toEqual([true, false, false]);
  });
});

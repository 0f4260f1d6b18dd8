import { expect, it } from 'vitest';
import { portSteps, real, simulated } from './portRuns.ts';
import { Random, seedOf } from './random.ts';

const RUNS = Number(process.env['SIM_PORTS'] ?? 30);

it('a port on a simulated socket is what it is on one of the kernel', async () => {
  for (let seed = 0; seed < RUNS; seed++) {
    const random = new Random(seedOf(seed, 7));
    const count = 1 + random.below(3);
    const steps = portSteps(random, count);
    const expected = await simulated(steps, count);
    expect(expected).toHaveLength(steps.length);
    await real(steps, count, expected);
  }
});

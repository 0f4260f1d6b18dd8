import { coverage, describeSession, machineDriver, virtualClock } from 'mcp-actors/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { start } from '../../../examples/checkout/server.ts';
import { CHECKOUT } from '../../support/checkoutCopy.ts';

const clock = virtualClock();
const runtime = start({ clock });
afterAll(() => runtime.close());

const driver = machineDriver({
  ...CHECKOUT,
  runtime,
  time: { advance: (ms) => clock.elapse(ms) },
});

describeSession(driver, { cover: 'edge-pairs' });

describe('a machine, after describeSession', () => {
  it('was walked whole', () => {
    expect(coverage(driver).isComplete).toBe(true);
    expect(String(driver.chart)).toBe('checkout: 5 of 5 states, 7 of 7 transitions');
  });
});

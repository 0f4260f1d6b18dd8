import { machineDriver, virtualClock, walkModel } from 'mcp-actors/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CHECKOUT, type Fault, startCopy } from '../../support/checkoutCopy.ts';

const MINUTE = 60_000;

/** The report of a walk of a copy, whose sessions sleep between the steps. */
async function walk(fault?: Fault) {
  const clock = virtualClock();
  const runtime = startCopy(fault, { clock });
  onTestFinished(() => runtime.close());
  const driver = machineDriver({
    ...CHECKOUT,
    runtime,
    time: { advance: (ms) => clock.elapse(ms) },
    rest: {
      ms: 10 * MINUTE,
      act() {
        const { asleep, total } = runtime.stats().sessions;
        expect(asleep).toBe(total);
      },
    },
  });
  return { report: await walkModel(driver), driver };
}

describe('machineDriver, of a copy of the checkout', () => {
  it('finds nothing where nothing is wrong', async () => {
    const { report, driver } = await walk();
    expect(String(report)).toMatch(/ 0 edges failed, 23 of 23 edges, 8 of 8 states$/);
    expect(String(driver.chart)).toBe('checkout: 5 of 5 states, 7 of 7 transitions');
    expect(driver.chart.isComplete).toBe(true);
  });

  it.each<[Fault, ...string[]]>([
    [
      'guard forgotten',
      'FAILED    cart -- give_address --> cart',
      '  path      cart, give_address → cart',
      '  expected  a call that cart “The cart has no address yet.” refuses',
      '  seen      that it was done: “The order can be placed.”',
    ],
    [
      'listed too early',
      'FAILED    before the first event',
      '  path      the beginning',
      '  expected  give_address not listed: in cart “The cart has no address yet.” a guard refuses address.given',
      '  seen      give_address is listed',
    ],
    [
      'wrong target',
      'FAILED    addressed -- place_order: declined --> addressed',
      '  path      cart, add_item → cart (2), give_address → addressed, add_item → addressed, give_address → addressed, place_order: declined → addressed',
      '  expected  an answer of addressed “The order can be placed.”',
      '  seen      an answer of cart “The cart has no address yet.”',
    ],
    [
      'no delay',
      'FAILED    addressed -- after patience --> expired (3)',
      '  path      cart, add_item → cart (2), give_address → addressed, after patience → expired (3)',
      '  expected  expired “The cart has expired.”',
      '  seen      404: the session is over',
    ],
    [
      'not kept',
      'FAILED    cart (2) -- place_order: approved --> cart (2)',
      '  path      cart, add_item → cart (2), place_order: approved → cart (2)',
      '  expected  give_address listed, after a rest: in cart “The cart has no address yet.” address.given is taken',
      '  seen      give_address is not listed',
    ],
    [
      'answers early',
      'FAILED    addressed -- place_order: declined --> addressed',
      '  path      cart, add_item → cart (2), give_address → addressed, add_item → addressed, give_address → addressed, place_order: declined → addressed',
      '  expected  an answer of addressed “The order can be placed.”',
      '  seen      an answer of approving “The user is asked. Nothing can be done now.”',
    ],
  ])('names the fault: %s', async (fault, ...paragraph) => {
    const { report } = await walk(fault);
    const [, first] = String(report).split('\n\n');
    expect(first?.split('\n')).toEqual(paragraph);
  });
});

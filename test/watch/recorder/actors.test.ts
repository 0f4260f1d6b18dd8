import * as fc from 'fast-check';
import { record, type RecordingLine, replay } from 'mcp-actors/recorder';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { checkout } from '../../../examples/checkout/machine.ts';
import { MachineWorld } from '../../support/machineWorld.ts';
import { MINUTE } from '../../support/sleep.ts';

const DAY = 24 * 60 * MINUTE;

/** What may happen to a session that has a checkout. */
const happening = fc.oneof(
  fc.constant({ what: 'send', event: { type: 'item.added', item: 'apples' } } as const),
  fc.constant({
    what: 'send',
    event: { type: 'address.given', address: 'Main Street 1' },
  } as const),
  fc.constant({ what: 'send', event: { type: 'order.placed' } } as const),
  fc.record({ what: fc.constant('pass' as const), ms: fc.constantFrom(MINUTE, 20 * MINUTE, DAY) }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

const ADD: Happening = { what: 'send', event: { type: 'item.added', item: 'apples' } };
const ADDRESS: Happening = {
  what: 'send',
  event: { type: 'address.given', address: 'Main Street 1' },
};
const A_DAY: Happening = { what: 'pass', ms: DAY };

/** The lines of a recording of one session with a checkout, to which some things happen. */
async function recorded(list: readonly Happening[]): Promise<string[]> {
  const world = new MachineWorld(checkout);
  let text = '';
  const write = (more: string): void => void (text += more);
  const recording = await record(world.runtime, { write, clock: world.clock });
  const { session } = await world.open();
  for (const each of list) {
    if (each.what === 'pass') await world.clock.elapse(each.ms);
    else (await world.runtime.wake(session.id))?.actor.send(each.event);
    await world.settle();
  }
  await world.runtime.close();
  await recording.close();
  return text.trimEnd().split('\n');
}

/** The checkout with another definition of its states. */
function changed(change: (states: Record<string, object>) => object): AnyStateMachine {
  const { config, implementations } = checkout;
  const states = change(config.states as Record<string, object>);
  return createMachine({ ...config, states } as never, implementations as never);
}

const linesOf = (lines: readonly string[]) =>
  lines.map((line) => JSON.parse(line) as RecordingLine);

describe('replay with a machine', () => {
  it('finds no difference in what the machine has done, from the beginning and from any line on', async () => {
    const property = fc.asyncProperty(
      fc.array(happening, { maxLength: 10 }),
      fc.nat(),
      async (list, cut) => {
        const lines = await recorded(list);
        const whole = await replay(lines, { machine: checkout });
        expect(whole.difference).toBeUndefined();
        const { actorSteps, comparedSteps } = whole;
        const own = linesOf(lines).filter(
          (line) => line.type === 'actor' && line.actor === 'checkout',
        );
        const events = own.map((line) => (line.type === 'actor' ? line.event : ''));
        const moves = events.filter((event) => !['xstate.init', 'xstate.stop'].includes(event));
        // The beginning, and all but those in which the actor stops, and goes on from a record.
        expect(comparedSteps).toBe(1 + moves.length);
        expect(actorSteps).toBeGreaterThanOrEqual(own.length);
        const rest = [lines[0]!, ...lines.slice(1 + (cut % lines.length))];
        expect((await replay(rest, { machine: checkout })).difference).toBeUndefined();
      },
    );
    await fc.assert(property, { numRuns: 25 });
  });

  it('names the step of a delay, the state expected and the one that came', async () => {
    const lines = await recorded([ADD, ADDRESS, A_DAY]);
    const machine = changed(({ addressed, ...states }) => ({
      ...states,
      addressed: { ...addressed, after: { patience: 'cart' } },
    }));
    const { difference } = await replay(lines, { machine });
    const step = linesOf(lines)[difference!.line - 1]!;
    expect(difference).toEqual({
      line: expect.any(Number) as number,
      session: 'session' in step ? step.session : undefined,
      actor: 'checkout',
      handle: undefined,
      call: undefined,
      event: 'xstate.after.patience.checkout.addressed',
      field: 'to',
      expected: 'cart',
      seen: 'expired',
    });
    expect(step).toMatchObject({ type: 'actor', from: 'addressed', to: 'expired' });
    // Without the machine the steps follow one another.
    expect((await replay(lines)).difference).toBeUndefined();
  });

  it('finds an event that is not taken any more, a state that is gone, and another beginning', async () => {
    const lines = await recorded([ADD, ADDRESS]);
    const without = changed(({ cart, ...states }) => ({ cart: { ...cart, on: {} }, ...states }));
    expect((await replay(lines, { machine: without })).difference).toMatchObject({
      event: 'item.added',
      field: 'event',
      expected: 'an event that cart takes',
      seen: 'item.added',
    });
    const renamed = changed(({ addressed, cart, approving, ...states }) => ({
      ...states,
      cart: { ...cart, on: { 'address.given': 'sent', 'item.added': {} } },
      sent: addressed!,
      approving: { ...approving, invoke: [] },
    }));
    expect((await replay(lines, { machine: renamed })).difference).toMatchObject({
      field: 'to',
      expected: 'a state of the machine',
      seen: 'addressed',
    });
    const { config, implementations } = checkout;
    const begun = createMachine({ ...config, initial: 'addressed' }, implementations as never);
    expect((await replay(lines, { machine: begun as AnyStateMachine })).difference).toMatchObject({
      event: 'xstate.init',
      field: 'to',
      expected: 'addressed',
      seen: 'cart',
    });
  });

  it('names all states that were possible, where a guard says which', async () => {
    const lines = await recorded([ADD, ADDRESS]);
    const machine = changed(({ cart, ...states }) => ({
      ...states,
      cart: {
        ...cart,
        on: {
          'item.added': {},
          'address.given': [{ guard: 'hasItems', target: 'paid' }, { target: 'expired' }],
        },
      },
    }));
    expect((await replay(lines, { machine })).difference).toMatchObject({
      event: 'address.given',
      expected: 'expired, or paid',
      seen: 'addressed',
    });
  });

  it('compares the actors of that machine alone, and takes nothing else for a machine', async () => {
    const lines = await recorded([ADD, ADDRESS]);
    const { config, implementations } = checkout;
    const other = createMachine({ ...config, id: 'other' } as never, implementations as never);
    expect(await replay(lines, { machine: other })).toMatchObject({
      difference: undefined,
      comparedSteps: 0,
      actorSteps: 4,
    });
    const wrong = { machine: { id: 'checkout' } } as never;
    await expect(replay(lines, wrong)).rejects.toMatchObject({ code: 'bad-option' });
  });
});

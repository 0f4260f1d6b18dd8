import { describe, expect, it } from 'vitest';
import { Calls, type Parkable } from '../../src/modern/calls.ts';
import { type ModernLimits, settleModern } from '../../src/modern/options.ts';
import { Seal } from '../../src/modern/seal.ts';
import type { RequestMessage } from '../../src/wire/jsonrpc.ts';
import { servicesOf } from '../support/servicesOf.ts';
import type { VirtualClock } from '../support/virtualClock.ts';

function setUp(limits: Partial<ModernLimits>) {
  const services = servicesOf();
  const calls = new Calls<Parkable>(settleModern(limits, false)!, services, Seal.of([]));
  return { calls, clock: services.clock as VirtualClock, met: services.counters.limits };
}

let ids = 0;
const call = (principal?: string, bytes = 10): Parkable => ({
  innerId: ++ids,
  home: { session: { id: 'id', key: 'key' } },
  method: 'tools/call',
  params: {},
  principal,
  bytes,
  round: 0,
  expire: () => {},
});

const asked = (method: string, params: object): RequestMessage =>
  ({ jsonrpc: '2.0', id: 1, method, params }) as RequestMessage;

describe('Calls.wrap', () => {
  it("gives an author's state to its own caller, for the same call, until parkMs have passed", () => {
    const { calls, clock } = setUp({ parkMs: 1000 });
    const params = { name: 'ask', arguments: { a: 1 } };
    const token = calls.wrap({ method: 'tools/call', params, principal: 'ann' }, 'mine');
    const claim = (method: string, changed: object, principal: string | undefined = 'ann') =>
      calls.claim(token, asked(method, { ...params, ...changed }), principal);
    clock.advance(999);
    expect(claim('tools/call', {})).toEqual({ kind: 'state', state: 'mine' });
    for (const other of [
      claim('prompts/get', {}),
      claim('tools/call', { name: 'other' }),
      claim('tools/call', { arguments: { a: 2 } }),
      claim('tools/call', { uri: 'file:///a' }),
      claim('tools/call', {}, 'bob'),
    ]) {
      expect(other).toEqual({ kind: 'invalid' });
    }
    clock.advance(1);
    expect(claim('tools/call', {})).toEqual({ kind: 'lost' });
  });
});

describe('Calls.hasRoom', () => {
  it.each([
    ['maxParked', 'ann', 'bob'],
    ['maxParkedPerPrincipal', 'ann', 'ann'],
    ['maxParkedAnonymous', undefined, undefined],
  ] as const)('is bounded by %s, and counts what has left no more', (limit, first, second) => {
    const { calls, met } = setUp({ [limit]: 2 });
    const [one, two] = [call(first), call(first === second ? second : 'cid')];
    for (const each of [one, two]) calls.park(each, undefined);
    expect([calls.hasRoom(call(second)), met]).toEqual([false, { [limit]: 1 }]);
    calls.leave(one);
    calls.leave(one);
    expect(calls.hasRoom(call(second))).toBe(true);
    calls.park(call(second), undefined);
    expect(calls.hasRoom(call(second))).toBe(false);
  });

  it('is bounded by maxParkedBytes, whatever has grown or shrunk meanwhile', () => {
    const { calls, met } = setUp({ maxParkedBytes: 100 });
    const [one, two] = [call('ann', 60), call('bob', 30)];
    for (const each of [one, two]) calls.park(each, undefined);
    expect([calls.hasRoom(call('ann', 11)), calls.hasRoom(call('ann', 10))]).toEqual([false, true]);
    expect([calls.keeps(two, 41), calls.keeps(two, 40)]).toEqual([false, true]);
    expect(calls.hasRoom(call('ann', 1))).toBe(false);
    calls.leave(one);
    expect([calls.hasRoom(call('ann', 61)), calls.hasRoom(call('ann', 60))]).toEqual([false, true]);
    // Its deadline has passed.
    expect(calls.keeps(one, 1)).toBe(false);
    expect(met).toEqual({ maxParkedBytes: 4 });
  });
});

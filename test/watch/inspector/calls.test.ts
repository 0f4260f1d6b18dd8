import type { CallView } from 'mcp-actors/modern';
import { describe, expect, it } from 'vitest';
import { Calls } from '../../../src/watch/inspector/calls.ts';
import type { Inspected } from '../../../src/watch/inspector/inspected.ts';
import { ModernWorld } from '../../support/modernWorld.ts';

const YES = { action: 'accept', content: { ok: true } };

describe('Calls', () => {
  it('follows a call: parked, with its handler again, over', async () => {
    const world = new ModernWorld();
    const calls = new Calls(world.runtime);
    expect(calls.takeChanges()).toEqual({ rows: [], total: 0 });
    expect(calls.takeChanges()).toBeUndefined();
    const ann = await world.client('ann');
    const { result } = await ann.call('keyed');
    const requestState = String(result?.['requestState']);
    expect(calls.takeChanges()).toMatchObject({
      rows: [
        {
          name: 'keyed',
          state: 'parked',
          round: 0,
          last: { event: 'turn.over', from: 'running.gathering', to: 'parked' },
        },
      ],
      total: 1,
    });
    expect(calls.takeChanges()).toBeUndefined();
    // One of two answers: it is asked again, in another round.
    const states: unknown[] = [];
    const stop = world.runtime.on('call.transition', () => {
      states.push(calls.all()?.rows[0]?.state);
    });
    const first = { requestState, inputResponses: { one: YES } };
    const again = (await ann.call('keyed', {}, first)).result?.['requestState'];
    stop();
    expect(states).toContain('running.working');
    expect(calls.takeChanges()?.rows).toMatchObject([{ state: 'parked', round: 1 }]);
    await ann.call('keyed', {}, { requestState: again, inputResponses: { two: YES } });
    expect(calls.takeChanges()).toEqual({ rows: [], total: 0 });
    calls.stop();
  });

  it('knows nothing of a call that is answered on its response', async () => {
    const world = new ModernWorld();
    const calls = new Calls(world.runtime);
    calls.takeChanges();
    await (await world.client('ann')).call('count');
    expect(calls.takeChanges()).toBeUndefined();
    calls.stop();
  });

  it('notices without an event what a runtime forgets', () => {
    const view = { call: 1, session: 'a', state: 'kept' } as CallView;
    let views = [view];
    let now = 0;
    const source = { calls: () => views, on: () => () => {}, now: () => now };
    const calls = new Calls(source as unknown as Inspected);
    expect(calls.takeChanges()?.total).toBe(1);
    views = [];
    expect(calls.takeChanges()).toBeUndefined();
    now = 1000;
    expect(calls.takeChanges()?.total).toBe(0);
  });

  it('shows so many and counts them all', () => {
    const views = Array.from({ length: 700 }, (_, call) => ({ call }) as CallView);
    const source = { calls: () => views, on: () => () => {}, now: () => 0 };
    const { rows, total } = new Calls(source as unknown as Inspected).all()!;
    expect([rows.length, total]).toEqual([500, 700]);
  });

  it('is nothing where a runtime has no calls, and listens to nothing there', () => {
    const source = { on: () => expect.fail('listened'), now: () => 0 };
    const calls = new Calls(source as unknown as Inspected);
    expect(calls.all()).toBeUndefined();
    expect(calls.takeChanges()).toBeUndefined();
    calls.stop();
  });
});

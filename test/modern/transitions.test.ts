import { describe, expect, it } from 'vitest';
import { ModernWorld } from '../support/modernWorld.ts';

const YES = { action: 'accept', content: { ok: true } };

describe('call.transition', () => {
  it('tells each step of a call, by the number that runtime.calls shows', async () => {
    const world = new ModernWorld();
    const told = world.record('call.transition');
    const ann = await world.client('ann');
    const { result } = await ann.call('ask', { q: 'Go?' });
    const [view] = world.runtime.calls();
    const more = { requestState: result?.['requestState'], inputResponses: { input_1: YES } };
    await ann.call('ask', { q: 'Go?' }, more);
    expect(told.map(({ from, event, to }) => `${from} > ${event} > ${to}`)).toEqual([
      'running.working > question.asked > running.gathering',
      'running.gathering > turn.over > parked',
      'parked > retry.claimed > running.working',
      'running.working > call.answered > settled',
    ]);
    expect(new Set(told.map(({ call, session }) => `${call} ${session}`))).toEqual(
      new Set([`${view?.call} ${view?.session}`]),
    );
    expect(JSON.stringify(told)).not.toContain('Go?');
  });
});

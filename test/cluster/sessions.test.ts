import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { ActorsError } from '../../src/base/errors.ts';
import type { EngineClaim, Looked, Space } from '../../src/cluster/engine.ts';
import { RecordSeal } from '../../src/cluster/recordSeal.ts';
import { Sessions } from '../../src/cluster/sessions.ts';
import type { Elsewhere } from '../../src/directory/whereabouts.ts';
import { rethrow } from '../support/rethrow.ts';
import { NodeWorld, SUSPEND_MS } from './nodeWorld.ts';

const corrupt = (): never => {
  throw new ActorsError('record-corrupt', 'bytes');
};
const AWAY: Elsewhere = { at: 'elsewhere', serve: () => {}, act: async () => false };
const unavailable = (): never => {
  throw new ActorsError('store-unavailable', 'another server answers');
};

function next<T>(all: (() => T)[] = []): T {
  return (all.length > 1 ? all.shift() : all[0])!();
}

/** The sessions of a node, with what its engine answers by turns; the last answer stays. */
async function setUp(answers: { claim?: (() => EngineClaim)[]; look?: (() => Looked)[] }) {
  const world = await NodeWorld.live();
  const { claims, clock, node } = world;
  const space = {
    claim: async () => next(answers.claim),
    look: async () => next(answers.look),
  } as Partial<Space> as Space;
  const sessions = new Sessions({
    space,
    claims,
    node,
    seal: new RecordSeal({ cluster: 'c', secrets: ['x'.repeat(32)], maxRecordBytes: 1000 }),
    deadlines: new Deadlines(clock, rethrow),
    suspendMs: SUSPEND_MS,
    runtime: {
      isAdmitting: true,
      isServing: () => false,
      isSettling: () => false,
      settled: async () => {},
      recall: async () => false,
      restow: () => {},
    },
    elsewhere: () => AWAY,
    place: async () => undefined,
    tookOver: () => {},
    forgot: () => {},
  });
  return { world, sessions };
}

const THEIRS: EngineClaim = { is: 'theirs', owner: 'other#1', leftMs: 1000 };
const OWNED: Looked = { is: 'owned', owner: 'other#1', leftMs: 1000 };

describe('the sessions of a node, while its engine becomes another server', () => {
  it('claims again: what is refused for the moment is no answer to a client', async () => {
    const { sessions, world } = await setUp({ claim: [unavailable, unavailable, () => THEIRS] });
    const claimed = sessions.claim('a');
    await world.clock.elapse(200);
    expect(await claimed).toBe(AWAY);
  });

  it('looks again for who has a session of a node that drains', async () => {
    const { sessions, world } = await setUp({ look: [unavailable, () => OWNED] });
    world.node.retire();
    const found = sessions.elsewhere('a');
    await world.clock.elapse(200);
    expect(await found).toBe(AWAY);
  });

  it('gives up after suspendMs', async () => {
    const { sessions, world } = await setUp({ claim: [unavailable] });
    const claimed = sessions.claim('a').catch((error: unknown) => error);
    await world.clock.elapse(SUSPEND_MS + 200);
    expect(await claimed).toMatchObject({ code: 'store-unavailable' });
  });

  it('hides no other failure', async () => {
    const { sessions } = await setUp({ claim: [corrupt] });
    await expect(sessions.claim('a')).rejects.toMatchObject({ code: 'record-corrupt' });
  });
});

import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../src/base/deadlines.ts';
import { ActorsError } from '../../src/base/errors.ts';
import type { EngineClaim, Looked, Space } from '../../src/cluster/engine.ts';
import { printOf, RecordSeal } from '../../src/cluster/recordSeal.ts';
import { Sessions } from '../../src/cluster/sessions.ts';
import type { Elsewhere } from '../../src/directory/whereabouts.ts';
import { rethrow } from '../support/rethrow.ts';
import { sessionRecord } from '../support/sessionRecord.ts';
import { NodeWorld, SUSPEND_MS } from './nodeWorld.ts';

const corrupt = (): never => {
  throw new ActorsError('record-corrupt', 'bytes');
};
const AWAY: Elsewhere = { at: 'elsewhere', node: 'n', serve: () => {}, act: async () => false };
const unavailable = (): never => {
  throw new ActorsError('store-unavailable', 'another server answers');
};

function next<T>(all: (() => T)[] = []): T {
  return (all.length > 1 ? all.shift() : all[0])!();
}

/** The sessions of a node, with what its engine answers by turns; the last answer stays. */
async function setUp(answers: {
  claim?: (() => EngineClaim)[];
  look?: (() => Looked)[];
  acquit?: (() => undefined)[] | undefined;
}) {
  const acquitted: number[] = [];
  const state = { isCalm: true };
  const world = await NodeWorld.live();
  const { claims, clock, node } = world;
  const space = {
    claim: async () => next(answers.claim),
    look: async () => next(answers.look),
    acquit: async (_, { token }) => {
      next(answers.acquit ?? [() => undefined]);
      acquitted.push(token);
    },
  } as Partial<Space> as Space;
  const seal = new RecordSeal({ cluster: 'c', secrets: ['x'.repeat(32)], maxRecordBytes: 1000 });
  const heldBack: number[] = [];
  const sessions = new Sessions({
    space,
    name: undefined,
    claims,
    node,
    seal,
    deadlines: new Deadlines(clock, rethrow),
    suspendMs: SUSPEND_MS,
    runtime: {
      isAdmitting: true,
      isCalm: () => state.isCalm,
      isServing: () => false,
      isSettling: () => false,
      settled: async () => {},
      recall: async () => false,
      restow: () => {},
    },
    elsewhere: () => AWAY,
    place: async () => undefined,
    tookOver: () => {},
    quarantined: () => void heldBack.push(clock.now()),
    forgot: () => {},
  });
  return { world, sessions, seal, acquitted, state, heldBack };
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

const held = (forMs: number) => (): EngineClaim => ({ is: 'quarantined', forMs });

describe('a session that is held back', () => {
  it('is waited for where that is brief', async () => {
    const { sessions, world } = await setUp({ claim: [held(1000), () => THEIRS] });
    let isAnswered = false;
    const claimed = sessions.claim('a').finally(() => (isAnswered = true));
    await world.clock.elapse(999);
    expect(isAnswered).toBe(false);
    await world.clock.elapse(100);
    expect(await claimed).toBe(AWAY);
  });

  it('is not waited for where suspendMs is over before', async () => {
    const { heldBack, sessions, world } = await setUp({ claim: [unavailable, held(SUSPEND_MS)] });
    const claimed = sessions.claim('a');
    await world.clock.elapse(200);
    expect(await claimed).toMatchObject({ at: 'nowhere', refusal: 'session-quarantined' });
    expect(heldBack).toHaveLength(1);
  });

  it('is not waited for longer than that, however brief each time', async () => {
    const { sessions, world } = await setUp({ claim: [held(3000)] });
    const claimed = sessions.claim('a');
    await world.clock.elapse(SUSPEND_MS);
    expect(await claimed).toMatchObject({ refusal: 'session-quarantined' });
  });
});

const asSuspect = async (
  over: { isSuspect?: boolean; acquit?: (() => undefined)[]; isBusy?: boolean } = {},
) => {
  const ours: (() => EngineClaim)[] = [];
  const had = await setUp({ claim: ours, acquit: over.acquit });
  had.state.isCalm = over.isBusy !== true;
  const record = had.seal.record(printOf('a'), sessionRecord({ id: 'a' }));
  const { isSuspect = true } = over;
  const parts = { token: 7, revision: 1, rows: [], from: undefined, record, isSuspect };
  ours.push(() => ({ is: 'ours', ...parts }));
  const claimed = await had.sessions.claim('a');
  if (claimed.at !== 'ours') throw new Error('not ours');
  return { ...had, claim: claimed.claim };
};

describe('a session under suspicion', () => {
  it('is acquitted when nothing of it is under way after two seconds', async () => {
    const { acquitted, world } = await asSuspect();
    await world.clock.elapse(1999);
    expect(acquitted).toEqual([]);
    await world.clock.elapse(2);
    expect(acquitted).toEqual([7]);
    await world.clock.elapse(60_000);
    expect(acquitted).toEqual([7]);
  });

  it('is not acquitted while a call is under way', async () => {
    const { acquitted, state, world } = await asSuspect({ isBusy: true });
    await world.clock.elapse(11_000);
    expect(acquitted).toEqual([]);
    state.isCalm = true;
    await world.clock.elapse(1100);
    expect(acquitted).toEqual([7]);
  });

  it('is left alone when a death would not count any more', async () => {
    const { acquitted, state, world } = await asSuspect({ isBusy: true });
    await world.clock.elapse(30_000);
    state.isCalm = true;
    await world.clock.elapse(60_000);
    expect(acquitted).toEqual([]);
  });

  it('is acquitted once more where the engine could not be asked', async () => {
    const { acquitted, world } = await asSuspect({ acquit: [unavailable, () => undefined] });
    await world.clock.elapse(4100);
    expect(acquitted).toEqual([7]);
  });

  it('is not acquitted by a node whose claim is over', async () => {
    const { acquitted, claim, sessions, world } = await asSuspect();
    sessions.ended(claim);
    await world.clock.elapse(10_000);
    expect(acquitted).toEqual([]);
  });

  it('is no other: a session without suspicion is not written for this', async () => {
    const { acquitted, world } = await asSuspect({ isSuspect: false });
    await world.clock.elapse(60_000);
    expect(acquitted).toEqual([]);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, runNode } from './support/bundledChild.ts';

interface Outcome {
  readonly user: string;
  readonly error?: unknown;
  /** Of the session itself or of another, and what was said. */
  readonly crashes: readonly [own: boolean, message: string][];
  readonly orphans: readonly [own: boolean, message: string][];
  readonly escapes: readonly [own: boolean, message: string][];
  readonly answered: number;
  readonly left: number;
}

function run(scenario: string): Promise<Ended> {
  const child = new URL('./support/crashChild.ts', import.meta.url).pathname;
  return runNode(['--expose-gc', '--import', 'tsx', child, scenario]);
}

describe("contain: 'all', by way of serve", () => {
  let ended: Ended;
  let outcomes: Outcome[];
  beforeAll(async () => {
    ended = await run('contained');
    outcomes = JSON.parse(ended.lines[0] ?? '') as Outcome[];
  }, 90_000);

  it('keeps the process, and gives its listeners back with close()', () => {
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.lines.slice(1)).toEqual(['[0,0,0]', 'true']);
    expect(outcomes).toHaveLength(14);
  });

  it('leaves every one of 999 neighbours answering, whatever escapes', () => {
    const harmed = outcomes.filter(({ answered, left }) => answered !== 999 || left !== 0);
    expect(harmed).toEqual([]);
  });

  it.each([
    'handler: a timer',
    'handler: an immediate',
    'handler: a tick',
    'handler: a microtask',
    'handler: an unawaited promise',
    'handler: an unawaited function, later',
    'handler: an emitter without a listener',
  ])('gives what escapes a %s to its session, and each caller one clear error', (user) => {
    const outcome = outcomes.find((each) => each.user === user);
    expect(outcome).toMatchObject({
      crashes: [[true, user]],
      orphans: [],
      escapes: [],
      error: { code: -32603, data: { code: 'session-crashed', reason: 'crashed' } },
    });
  });

  it.each([
    'factory: a timer',
    'factory: an unawaited promise',
    'state(): a timer',
    'state(): an unawaited promise',
  ])('tells of what escapes a %s once, and whose it is', (user) => {
    const outcome = outcomes.find((each) => each.user === user);
    const { crashes = [], orphans = [], escapes = [] } = outcome ?? {};
    expect([...crashes, ...orphans, ...escapes]).toEqual([[true, user]]);
  });

  it.each(['release: a timer', 'release: an unawaited promise', 'abort listener'])(
    'counts what escapes a %s as an orphan of its session, which is over',
    (user) => {
      const outcome = outcomes.find((each) => each.user === user);
      expect(outcome).toMatchObject({ crashes: [], orphans: [[true, user]] });
    },
  );
});

describe('an error thrown in a finalizer', () => {
  // Node may forget the async context before it reports such an error: what it does is looked at.
  it('is contained where node tells whose it is, and ends the process where not', async () => {
    const [ended, bare] = await Promise.all([run('finalizer'), run('bare')]);
    const isKnown = JSON.parse(bare.lines[0] ?? '') as boolean;
    expect(ended.lines).toEqual([isKnown ? 'contained: 1' : 'the process ends']);
  }, 90_000);
});

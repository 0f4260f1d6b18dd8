import { execFile } from 'node:child_process';
import { beforeAll, describe, expect, it } from 'vitest';

interface Outcome {
  readonly user: string;
  readonly error?: unknown;
  /** Of the session itself or of another, and what was said. */
  readonly crashes: readonly [own: boolean, message: string][];
  readonly orphans: readonly [own: boolean, message: string][];
  readonly answered: number;
  readonly left: number;
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Ended> {
  const child = new URL('./support/crashChild.ts', import.meta.url).pathname;
  return new Promise((resolve) => {
    const options = { timeout: 60_000, env: { ...process.env, NODE_OPTIONS: '' } };
    const command = ['--import', 'tsx', child, ...args];
    const running = execFile(process.execPath, command, options, (_error, stdout, stderr) => {
      resolve({ code: running.exitCode, stdout, stderr });
    });
  });
}

describe('containCrashes, by way of serve', () => {
  let ended: Ended;
  let outcomes: Outcome[];
  beforeAll(async () => {
    ended = await run('contained');
    outcomes = JSON.parse(ended.stdout.split('\n')[0] ?? '') as Outcome[];
  }, 90_000);

  it('keeps the process, and gives its listeners back with close()', () => {
    expect([ended.code, ended.stderr]).toEqual([0, '']);
    expect(ended.stdout.split('\n')[1]).toBe('0');
    expect(outcomes).toHaveLength(13);
  });

  it('leaves every one of 999 neighbours answering, whatever escapes', () => {
    const harmed = outcomes.filter(({ answered, left }) => answered !== 999 || left !== 0);
    expect(harmed).toEqual([]);
  });

  it.each([
    'handler: a timer',
    'handler: an immediate',
    'handler: a tick',
    'handler: an unawaited promise',
    'handler: an unawaited function, later',
    'handler: an emitter without a listener',
  ])('gives what escapes a %s to its session, and each caller one clear error', (user) => {
    const outcome = outcomes.find((each) => each.user === user);
    expect(outcome).toMatchObject({
      crashes: [[true, user]],
      orphans: [],
      error: { code: -32603, data: { code: 'session-crashed', reason: 'crashed' } },
    });
  });

  it.each([
    'factory: a timer',
    'factory: an unawaited promise',
    'state(): a timer',
    'state(): an unawaited promise',
  ])('gives what escapes a %s to the session being built', (user) => {
    const { crashes = [], orphans = [] } = outcomes.find((each) => each.user === user) ?? {};
    expect([...crashes, ...orphans]).toEqual([[true, user]]);
  });

  it.each(['release: a timer', 'release: an unawaited promise', 'abort listener'])(
    'counts what escapes a %s as an orphan of its session, which is over',
    (user) => {
      const outcome = outcomes.find((each) => each.user === user);
      expect(outcome).toMatchObject({ crashes: [], orphans: [[true, user]] });
    },
  );
});

describe('an error thrown in queueMicrotask', () => {
  // Before version 24, node forgets the async context before it reports such an error.
  const isKnown = Number(process.versions.node.split('.')[0]) >= 24;
  it('is contained where node tells whose it is, and ends the process where not', async () => {
    const { code, stdout, stderr } = await run('microtask');
    expect(code).toBe(isKnown ? 0 : 1);
    expect(isKnown ? stdout : stderr).toContain(isKnown ? '1' : 'handler: a microtask');
  }, 90_000);
});

describe('an error of no session', () => {
  it.each(['a timer', 'an immediate', 'a microtask', 'an unawaited promise', 'a tick'])(
    'in %s ends the process as ever: exit code 1 and the report of node',
    async (how) => {
      const { code, stderr } = await run('outside', how);
      expect(code).toBe(1);
      expect(stderr).toContain('Error: of no session');
      expect(stderr).toContain('crashChild.ts');
      expect(stderr).toMatch(/Node\.js v\d+/);
    },
    90_000,
  );

  it.each([
    ['a timer', 'uncaughtException', 'uncaughtException'],
    ['an unawaited promise', 'uncaughtException', 'unhandledRejection'],
  ])(
    'in %s is for a host that listens to %s',
    async (how, event, origin) => {
      const { code, stdout } = await run('reported', how, event);
      expect([code, stdout.trim()]).toEqual([7, `of no session, ${origin}`]);
    },
    90_000,
  );

  it('in an unawaited promise is for a host that listens to unhandledRejection', async () => {
    const { code, stdout } = await run('reported', 'an unawaited promise', 'unhandledRejection');
    expect([code, stdout.trim()]).toEqual([7, 'of no session']);
  }, 90_000);

  it('in a timer is not for a host that listens to unhandledRejection alone', async () => {
    const { code, stderr } = await run('reported', 'a timer', 'unhandledRejection');
    expect(code).toBe(1);
    expect(stderr).toContain('Error: of no session');
  }, 90_000);
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundledChild, type Ended, runNode } from '../support/bundledChild.ts';

const LISTENERS = ['none', 'exception', 'rejection', 'both', 'monitor'] as const;
const HOW = ['timer', 'promise'] as const;
const CHILD = new URL('../support/strayChild.ts', import.meta.url);

let child: BundledChild;
beforeAll(async () => {
  child = await BundledChild.of(CHILD);
});
afterAll(() => child.remove());

/** From its sources: in a bundle nobody can tell whose a frame is. */
function runSources(args: readonly string[]): Promise<Ended> {
  return runNode(['--import', 'tsx', CHILD.pathname, ...args]);
}

/** What the host's listeners heard, the last of them of the exit. */
function heard({ lines }: Ended): string[] {
  return lines.filter((line) => /^(?:un|exit)/.test(line));
}

function warns({ stderr }: Ended): boolean {
  return stderr.includes('UnhandledPromiseRejection');
}

function events({ lines }: Ended): unknown {
  return JSON.parse(lines.find((line) => line.startsWith('{')) ?? 'null');
}

describe.concurrent('an error of no session', () => {
  const alone = new Map<string, Promise<Ended>>();
  const withoutUs = (listener: string, how: string): Promise<Ended> => {
    const key = `${listener} ${how}`;
    const found = alone.get(key) ?? child.run(['nothing', listener, 'nobody', how]);
    alone.set(key, found);
    return found;
  };
  const cases = LISTENERS.flatMap((listener) => HOW.map((how) => [listener, how] as const));

  it.each(cases.flatMap(([listener, how]) => ['serve', 'mount'].map((g) => [g, listener, how])))(
    '%s: listeners to %s hear of a %s what they would have heard, once',
    async (guard, listener, how) => {
      const [ended, expected] = await Promise.all([
        child.run([guard, listener, 'nobody', how]),
        withoutUs(listener, how),
      ]);
      expect(heard(expected).length).toBeGreaterThan(0);
      expect([ended.code, heard(ended)]).toEqual([expected.code, heard(expected)]);
      expect(ended.stderr.includes('Error: boom')).toBe(expected.stderr.includes('Error: boom'));
    },
  );

  it.each(['strict', 'warn', 'none', 'warn-with-error-code'])(
    'follows --unhandled-rejections=%s',
    async (mode) => {
      const flag = `--unhandled-rejections=${mode}`;
      const [ended, expected] = await Promise.all([
        child.run(['serve', 'monitor', 'nobody', 'promise'], [flag]),
        child.run(['nothing', 'monitor', 'nobody', 'promise'], [flag]),
      ]);
      expect([ended.code, heard(ended)]).toEqual([expected.code, heard(expected)]);
      // A process that is ended gently lives long enough to be warned by node.
      expect(warns(ended)).toBe(mode === 'strict' || warns(expected));
    },
  );

  it('ends the process gently where it is served, and at once where it is mounted', async () => {
    const [served, mounted] = await Promise.all(
      ['serve', 'mount'].map((guard) => child.run([guard, 'none', 'nobody', 'timer'])),
    );
    expect(served?.stderr).toMatch(/^Uncaught exception: the process drains.*\nError: boom/);
    expect(events(served!)).toEqual({ crashed: 0, escaped: ['uncaught of nobody'] });
    expect(mounted?.stderr).toMatch(/Node\.js v\d+/);
  });
});

describe.concurrent('an error of a session', () => {
  it.each(LISTENERS.flatMap((listener) => ['serve', 'mount'].map((guard) => [guard, listener])))(
    '%s: a rejection ends that session alone, where listeners to %s are there too',
    async (guard, listener) => {
      const ended = await child.run([guard, listener, 'session', 'promise']);
      const hears = listener === 'rejection' || listener === 'both';
      expect(heard(ended)).toEqual([
        ...(hears ? ['unhandledRejection: boom, a promise'] : []),
        'exit: 0',
      ]);
      expect(ended.lines).toContain('lives: 404, its neighbour: 200');
      expect(events(ended)).toEqual({ crashed: 1, escaped: [] });
    },
  );

  it.each(LISTENERS)(
    'an exception is not contained: %s decides about the process, or it drains and ends',
    async (listener) => {
      const ended = await child.run(['serve', listener, 'session', 'timer']);
      const decides = listener === 'exception' || listener === 'both';
      expect(ended.code).toBe(decides ? 0 : 1);
      expect(heard(ended).slice(0, -1)).toEqual(
        decides
          ? ['uncaughtException: boom, uncaughtException']
          : listener === 'monitor'
            ? ['uncaughtExceptionMonitor: boom, uncaughtException']
            : [],
      );
      const escaped = decides ? [] : ['uncaught of the session'];
      expect(events(ended)).toEqual({ crashed: 0, escaped });
    },
  );

  it.each(LISTENERS)(
    "an exception ends that session alone with contain: 'all', and %s hear of it",
    async (listener) => {
      const ended = await child.run(['all', listener, 'session', 'timer']);
      expect(ended.code).toBe(0);
      const hears = { exception: 'uncaughtException', both: 'uncaughtException' } as const;
      const event = { ...hears, monitor: 'uncaughtExceptionMonitor' }[listener as string];
      expect(heard(ended).slice(0, -1)).toEqual(
        event === undefined ? [] : [`${event}: boom, uncaughtException`],
      );
      expect(ended.lines).toContain('lives: 404, its neighbour: 200');
      expect(events(ended)).toEqual({ crashed: 1, escaped: [] });
    },
  );
});

describe.concurrent('an error thrown in this library', () => {
  it('is no fault of the session whose promise it rejects', async () => {
    const ended = await runSources(['serve', 'none', 'library', 'promise']);
    expect(ended.lines).toContain('lives: 200, its neighbour: 200');
    expect(events(ended)).toEqual({ crashed: 0, escaped: ['defect of nobody'] });
  });

  it.each(['serve', 'all'])(
    '%s: ends the process gently as an exception, and names no session',
    async (guard) => {
      const ended = await runSources([guard, 'none', 'library', 'timer']);
      expect(ended.code).toBe(1);
      expect(ended.stderr).toMatch(/^Uncaught exception: /);
      expect(events(ended)).toEqual({ crashed: 0, escaped: ['uncaught of nobody'] });
    },
  );
});

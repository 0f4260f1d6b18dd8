import { createHost } from 'mcp-actors/host';
import { expect, it, onTestFinished } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { collect, Sample } from '../support/garbage.ts';
import { cookieOf, SECRET } from '../support/hostRig.ts';
import { VirtualClock } from '../support/virtualClock.ts';

const SCOPES = 1000;

function request(headers: Record<string, string>): Request {
  return new Request('http://localhost/', { headers });
}

it('1,000 scopes with clients, streams, questions and listeners leave nothing behind', async () => {
  const clock = new VirtualClock();
  const sample = new Sample();
  let closes = 0;
  const host = createHost({
    secret: SECRET,
    clock,
    maxSessions: SCOPES + 1,
    scopeOf: ({ headers }) =>
      typeof headers['x-name'] === 'string' ? [headers['x-name']] : undefined,
    open: (scope) => {
      sample.add('opened', scope);
      return scope.own({
        big: Array.from({ length: 100 }, (_, i) => i),
        close: () => void closes++,
      });
    },
  });
  onTestFinished(() => host.close());
  const visit = async (number: number): Promise<void> => {
    // Half of them by cookie, half by a name of the application's.
    const named: Record<string, string> = number % 2 === 0 ? {} : { 'x-name': `user ${number}` };
    const entered = await host.enter(request(named));
    const { scope } = entered;
    sample.add('scope', scope);
    sample.add('resource', await scope.run((resource) => resource));
    const own = number % 2 === 0 ? cookieOf(entered) : named;
    const { signal } = new AbortController();
    sample.add('stream', await host.events(request({ ...own })));
    scope.publish('note', sample.add('data', { number }));
    const abort = new AbortController();
    sample.add('signal', abort.signal);
    scope.subscribe(() => {}, { attached: true });
    const question = scope.ask('approval', { number }, { signal: abort.signal });
    question.catch(() => {});
    if (number % 3 === 0) scope.answer(scope.questions[0]!.id, true);
    expect(signal.aborted).toBe(false);
    // Attached, with a question open: only an end of its own ends it.
    scope.close();
  };
  for (let at = 0; at < SCOPES; at += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => visit(at + i)));
  }
  await eventually(() => host.stats().sessions.total === 0);
  await clock.elapse(10 * 60_000);
  await turn();
  expect(closes).toBe(SCOPES);
  expect(host.stats()).toMatchObject({ streams: 0, inFlight: 0, handshakes: 0, orphans: 0 });
  expect(sample.size).toBe(6 * SCOPES);
  expect(clock.pending).toBe(0);
  // What the last turn held on to may still be there.
  expect((await sample.alive()).length).toBeLessThan(12);
});

it('work that is done leaves nothing behind while its scope lives', async () => {
  const host = createHost({ secret: SECRET, open: (scope) => scope });
  onTestFinished(() => host.close());
  const { scope } = await host.enter({ headers: { host: 'localhost' } });
  const sample = new Sample();
  const opened = await scope.run((each) => each);
  const work = async (): Promise<void> => {
    await scope.run((_, signal) => {
      signal.addEventListener(
        'abort',
        sample.add('abort listener', () => {}),
      );
      return sample.add('result', { big: 'x'.repeat(1000) });
    });
    const stop = scope.subscribe(sample.add('listener', () => {}));
    stop();
    const question = opened.ask('q', sample.add('params', {}));
    scope.answer(scope.questions[0]!.id, sample.add('answer', {}));
    await question;
  };
  for (let i = 0; i < 500; i++) await work();
  await collect();
  const alive = await sample.alive();
  const count = (name: string): number => alive.filter((each) => each === name).length;
  expect(count('result')).toBeLessThan(5);
  expect(count('listener')).toBeLessThan(5);
  expect(count('abort listener')).toBeLessThan(5);
  expect(count('answer')).toBeLessThan(5);
  // The events of open questions are kept, within their bounds: two events each.
  expect(count('params')).toBeLessThanOrEqual(128 + 5);
});

import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { runExample } from '../support/example.ts';
import { RedisServer } from '../support/redisServer.ts';

it.each([
  ['safe-mode.ts', "Bob deleted none of Alice's 20 orders"],
  ['many-clients/main.ts', 'foreign nonces'],
  ['existing-server/main.ts', 'Two instances, two cleanups'],
  ['inspector.ts', 'The page has the session and the door'],
  ['durable.ts', 'Counted 1 in one runtime and 2 in the next'],
  ['processes.ts', 'Counted 1 in a process that was killed, and 2 in another one'],
  ['sleeping-shell.ts', 'Another shell, in the same folder'],
  ['stateless.ts', 'Two calls, one cart, and a question in between, without a session'],
  ['both-eras.ts', 'A session and a stateless client wrote into one notebook'],
  ['long-task.ts', 'A call that lasted became a task'],
  ['agent-plan/main.ts', 'plan: 5 of 5 states, 7 of 7 transitions'],
  ['checkout/main.ts', 'One cart was paid after a sleep, and one expired in another'],
  ['checkout/walk.ts', 'checkout: 5 of 5 states, 7 of 7 transitions'],
  ['lazy.ts', 'Freed while its client stayed, and opened again'],
  ['both-protocols.ts', '2 sessions, one per protocol'],
])('examples/%s proves what it shows and ends', async (path, said) => {
  const { code, output } = await runExample(path);
  expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining(said) as string });
});

it('examples/durable-redis.ts proves what it shows and ends', async () => {
  const { url } = await RedisServer.ofTest();
  const said = 'Counted 1 in one runtime and 2 in the next, in the same session\n';
  expect(await runExample('durable-redis.ts', url)).toEqual({ code: 0, output: said });
});

it.skipIf(!existsSync(process.env['CHROMIUM'] ?? '/usr/bin/chromium'))(
  'examples/browser-handle.ts opens, uses and closes a real browser',
  async () => {
    const said = 'A browser was opened, used and closed by its id.\n';
    expect(await runExample('browser-handle.ts')).toEqual({ code: 0, output: said });
  },
);

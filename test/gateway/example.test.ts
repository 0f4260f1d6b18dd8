import { expect, it } from 'vitest';
import { runExample } from '../support/example.ts';

/** What the runtime reports of the process that the example kills. */
const REPORT =
  /^\(node:\d+\) SessionCrashed: [^\n]+\nActorsError: [^\n]+\n(?: {4}at [^\n]+\n)+(?:\(Use [^\n]+\n)?/;

it('examples/gateway.ts proves what it shows and ends', async () => {
  const said = 'Three processes for two sessions, and none is left\n';
  const { code, output } = await runExample('gateway.ts');
  expect([code, output.replace(REPORT, '')]).toEqual([0, said]);
});

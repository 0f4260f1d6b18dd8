import { expect, it } from 'vitest';
import { runExample } from '../support/example.ts';

it('examples/gateway.ts proves what it shows and ends', async () => {
  const said = 'Three processes for two sessions, and none is left\n';
  const { code, output } = await runExample('gateway.ts');
  // Before, the runtime reports the process that the example kills.
  expect([code, output.endsWith(said)]).toEqual([0, true]);
});

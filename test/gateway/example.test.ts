import { expect, it } from 'vitest';
import { runExample } from '../support/example.ts';

it('examples/gateway.ts proves what it shows and ends', async () => {
  const said = 'Three processes for two sessions, and none is left\n';
  expect(await runExample('gateway.ts')).toEqual({ code: 0, output: said });
});

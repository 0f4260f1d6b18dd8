import { describe, expect, it } from 'vitest';
import { onV2 } from '../support/eitherSdk.ts';

const made = onV2();
const SUITES = [
  'clients',
  'durable',
  'homes',
  'listens',
  'parked',
  'rows',
  'taskRounds',
  'tasks',
  'waiting',
] as const;

/** What holds of the stateless revision holds of servers of SDK v2 that serve it in their own way. */
describe.each(SUITES)('on SDK v2: %s', async (suite) => {
  await import(`./${suite}.test.ts`);

  it('was of servers that are set to the revision', () => {
    const revisions = made.splice(0).map(({ server }) => server.getNegotiatedProtocolVersion());
    expect(revisions).toContain('2026-07-28');
  });
});

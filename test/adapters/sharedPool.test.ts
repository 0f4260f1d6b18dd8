import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/poolChild.ts', import.meta.url));
});
afterAll(() => program.remove());

async function outcome(how: string): Promise<unknown> {
  const { lines, stderr } = await program.run([how]);
  return lines[0] === '' ? stderr : JSON.parse(lines[0]!);
}

describe('an error in a connection that sessions share', () => {
  it('does not end the session that came first, whose work is done, for a message of another', async () => {
    expect(await outcome('lazy')).toEqual({
      said: { why: 'idle', session: 'alice' },
      crashes: 0,
      alice: true,
    });
  });

  it('is of no session where outsideSessions has made the connection', async () => {
    expect(await outcome('outside')).toEqual({
      said: { why: 'uncaught' },
      crashes: 0,
      alice: false,
    });
  });
});

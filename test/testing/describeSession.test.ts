import { coverage, describeSession } from 'mcp-actors/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { startProbedRuntime } from './probedRuntime.ts';

const ours = await startProbedRuntime();
afterAll(() => ours.close());

describeSession(ours.driver);

describe('coverage', () => {
  it('is complete after describeSession, on a server that offers everything', () => {
    expect(String(coverage(ours.driver))).toBe('115 of 115 edges, 13 of 13 states');
  });
});

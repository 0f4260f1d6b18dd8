import { describe, expect, it } from 'vitest';
import {
  allowsBatches,
  canBePrimed,
  inOurEra,
  isSupported,
  SESSION_REVISIONS,
} from '../../src/wire/versions.ts';

describe('SESSION_REVISIONS', () => {
  it('are newest first and end with the last of the session era', () => {
    expect([...SESSION_REVISIONS].toSorted().toReversed()).toEqual([...SESSION_REVISIONS]);
    expect(SESSION_REVISIONS[0]).toBe('2025-11-25');
  });
});

describe('isSupported (row V1)', () => {
  it.each(SESSION_REVISIONS)('takes %s', (revision) => expect(isSupported(revision)).toBe(true));

  it.each(['', '2025-11-25 ', '2025-11-25, 2025-11-25', '2026-07-28', '1.0', 'constructor'])(
    'refuses %j',
    (revision) => expect(isSupported(revision)).toBe(false),
  );
});

describe('canBePrimed (row P12)', () => {
  it.each([
    ['2025-11-25', true],
    ['2026-07-28', true],
    ['2025-06-18', false],
    ['2025-03-26', false],
    ['2024-11-05', false],
    [undefined, false],
  ])('is for %s %s', (revision, can) => expect(canBePrimed(revision)).toBe(can));
});

describe('allowsBatches (row P4)', () => {
  it.each([
    ['2025-03-26', true],
    ['2025-06-18', false],
    ['2025-11-25', false],
    ['2024-11-05', false],
    [undefined, false],
  ])('is for %s %s', (revision, allows) => expect(allowsBatches(revision)).toBe(allows));
});

const initialize = (protocolVersion: unknown) =>
  ({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion, capabilities: { roots: {} } },
  }) as const;

describe('inOurEra (row L1)', () => {
  it.each(SESSION_REVISIONS)('leaves an initialize that asks for %s as it is', (revision) => {
    const message = initialize(revision);
    expect(inOurEra(message)).toBe(message);
  });

  it.each(['2024-10-07', '2026-07-28', '2030-01-01', '', 'constructor'])(
    'makes one that asks for %j ask for our latest, and changes nothing else in it',
    (revision) => {
      const message = initialize(revision);
      expect(inOurEra(message)).toEqual(initialize('2025-11-25'));
      expect(message).toEqual(initialize(revision));
    },
  );

  it.each([undefined, null, 7, {}])('leaves it to the server to refuse %j', (revision) => {
    const message = initialize(revision);
    expect(inOurEra(message)).toBe(message);
  });

  it('leaves an initialize without params to the server', () => {
    const message = { jsonrpc: '2.0', id: 1, method: 'initialize' } as const;
    expect(inOurEra(message)).toBe(message);
  });
});

import { describe, expect, it } from 'vitest';
import { type Refusal, refusalBody, type RefusalCode, REFUSALS } from '../../src/wire/refusals.ts';

const all = Object.entries(REFUSALS) as [RefusalCode, Refusal][];

describe.each(all)('REFUSALS %s', (code, refusal) => {
  it('has a body that is JSON-RPC, says its code and echoes nothing', () => {
    expect(JSON.parse(refusalBody(code))).toEqual({
      jsonrpc: '2.0',
      id: null,
      error: {
        code: refusal.rpcCode,
        message: refusal.message,
        data: { code, ...refusal.data },
      },
    });
  });

  it('has a short text and headers in pairs', () => {
    expect(refusal.message.length).toBeLessThan(60);
    expect((refusal.headers ?? []).length % 2).toBe(0);
  });
});

describe('REFUSALS of the wire checklist', () => {
  it.each<[string, RefusalCode, number, number]>([
    ['T1', 'host-forbidden', 403, -32000],
    ['T1', 'origin-forbidden', 403, -32000],
    ['T2', 'method-not-allowed', 405, -32000],
    ['P1', 'not-acceptable', 406, -32000],
    ['P2', 'unsupported-media-type', 415, -32000],
    ['P3', 'body-too-large', 413, -32000],
    ['P4', 'batch-not-allowed', 400, -32600],
    ['P7', 'parse-error', 400, -32700],
    ['P7', 'invalid-request', 400, -32600],
    ['P8', 'duplicate-request-id', 400, -32600],
    ['R2', 'event-unknown', 400, -32000],
    ['S2', 'session-missing', 400, -32000],
    ['S3', 'session-not-found', 404, -32001],
    ['S6', 'already-initialized', 400, -32600],
  ])('hold row %s: %s is %i %i', (_row, code, status, rpcCode) => {
    expect(REFUSALS[code]).toMatchObject({ status, rpcCode });
  });

  it('send Retry-After with every 503', () => {
    const unavailable = all.filter(([, { status }]) => status === 503);
    expect(unavailable.length).toBeGreaterThan(0);
    for (const [, { headers }] of unavailable) expect(headers).toContain('Retry-After');
  });
});

describe('refusalBody', () => {
  it.each([0, '', 'a', 7, -1, '0'])('answers the request with id %j', (id) => {
    expect(JSON.parse(refusalBody('session-busy', id))).toMatchObject({ id });
  });

  it('adds data without touching the table', () => {
    const body: unknown = JSON.parse(refusalBody('session-not-found', 1, { reason: 'expired' }));
    expect(body).toMatchObject({
      error: { data: { code: 'session-not-found', reason: 'expired' } },
    });
    expect(refusalBody('session-not-found', 1)).not.toContain('reason');
  });
});

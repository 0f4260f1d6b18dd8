import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type ActorsError,
  createRuntime,
  DEFAULT_LIMITS,
  type Limits,
  type RuntimeOptions,
  type Session,
} from 'mcp-actors';
import { settle } from '../src/options.ts';
import { FakeServer } from './support/fakeServer.ts';

const server = (): FakeServer => new FakeServer();

/** What options of this kind are answered. */
function complaint(options: Record<string, unknown>): string | undefined {
  try {
    const any: Partial<RuntimeOptions> = options;
    createRuntime({ server, ...any });
    return undefined;
  } catch (error) {
    const { name, code, message } = error as ActorsError;
    return `${name} ${code}: ${message}`;
  }
}

const LIMITS = Object.keys(DEFAULT_LIMITS) as (keyof Limits)[];
const MAY_BE_INFINITE = [
  'concurrency',
  'maxCallsPerMinute',
  'maxCallsPerMinutePerPrincipal',
  'evictAfterMs',
  'evictAttachedAfterMs',
  'maxClockGapMs',
  'idleTimeoutMs',
  'keepAliveMs',
  'maxLoopDelayMs',
  'sseAfterMs',
];

describe('createRuntime', () => {
  it.each(LIMITS)('names %s in its complaint, with what it takes and what came', (name) => {
    for (const value of [0, -1, NaN, '5', null, {}, -Infinity]) {
      const got = typeof value === 'string' ? '"5"' : JSON.stringify(value);
      const what = typeof value === 'object' ? 'object' : Number.isNaN(value) ? 'null' : got;
      expect(complaint({ [name]: value })).toMatch(
        new RegExp(
          `^ActorsError bad-option: ${name} must be an? .*(number|integer) > 0.*, got ${what === 'null' ? '.*' : what}$`,
        ),
      );
    }
    expect(complaint({ [name]: 7 })).toBeUndefined();
    expect(complaint({ [name]: 1.5 }) === undefined).toBe(name.endsWith('Ms'));
    expect(complaint({ [name]: undefined })).toBeUndefined();
  });

  it.each(LIMITS)('takes Infinity for %s only where that bounds no memory', (name) => {
    expect(complaint({ [name]: Infinity }) === undefined).toBe(MAY_BE_INFINITE.includes(name));
  });

  it.each([
    ['server', [undefined, null, {}, new FakeServer(), 'server']],
    ['state', [1, {}, 'state']],
    ['principal', [1, {}, 'principal']],
    ['createId', [1, {}, 'id']],
    ['node', ['', 'N1', 'n-1', 'n.1', 'a'.repeat(17), 'n1\n', 1, {}, null]],
    ['random', [1, {}, 0.5]],
    ['responseMode', ['xml', 1, null]],
    ['onCrash', ['ignore', 1, null, {}, { restarts: 0, withinMs: 1 }, { restarts: 1 }]],
    ['allowedHosts', ['localhost', 1, {}, null]],
    ['allowedOrigins', ['https://a', 1, {}, null]],
    ['cors', ['yes', 1, null, { headers: 'a' }, { expose: ['a b'] }, { maxAge: -1 }]],
  ])('complains of a bad %s by its name', (name, values) => {
    for (const value of values) expect(complaint({ [name]: value })).toMatch(`${name} must be `);
  });

  it.each([
    ['onCrash', ['evict', 'restart', { restarts: 1, withinMs: 1 }]],
    ['responseMode', ['auto', 'sse', 'json']],
    ['allowedHosts', ['any', [], ['example.org']]],
    ['allowedOrigins', ['any', [], ['https://example.org']]],
    ['cors', [true, false, {}, { headers: ['X-Key'], expose: ['X-Id'], maxAge: 0 }]],
  ])('takes every good %s', (name, values) => {
    for (const value of values) expect(complaint({ [name]: value })).toBeUndefined();
  });

  it('refuses credentials for pages of any origin', () => {
    const cors = { credentials: true };
    expect(complaint({ cors, allowedOrigins: 'any' })).toMatch('allowedOrigins must be a list');
    expect(complaint({ cors, allowedOrigins: ['https://a.example'] })).toBeUndefined();
  });

  it.each(['migrate', 'encode', 'decode'])('complains of a bad state.%s by its name', (name) => {
    expect(complaint({ state: { create: server, [name]: 1 } })).toMatch(`state.${name} must be `);
    expect(complaint({ state: { create: server, version: 2, [name]: server } })).toBeUndefined();
  });

  it.each([0, 1.5, '1', null])('complains of %o as the version of a state', (version) => {
    expect(complaint({ state: { create: () => ({}), version } })).toMatch('state.version must be ');
  });

  it('checks before it opens anything: no timer, no session, no call of the factory', () => {
    let calls = 0;
    const clock = {
      now: () => calls++,
      setTimeout: () => calls++,
      clearTimeout: () => void calls++,
    };
    const options = { clock, maxSessions: -1, server: () => void calls++, state: () => calls++ };
    expect(complaint(options)).toMatch('maxSessions');
    expect(calls).toBe(0);
  });

  it.each([
    [{ maxSesions: 5 }, 'createRuntime knows no "maxSesions": did you mean maxSessions?'],
    [{ idleTimeout: 5 }, 'createRuntime knows no "idleTimeout": did you mean idleTimeoutMs?'],
    [{ alowedHosts: [] }, 'createRuntime knows no "alowedHosts": did you mean allowedHosts?'],
    [{ zzz: 1 }, 'createRuntime knows no "zzz"$'],
    [
      { state: { create: server, migrat: server } },
      'state knows no "migrat": did you mean migrate',
    ],
    [{ cors: { header: [] } }, 'cors knows no "header": did you mean headers?'],
    [
      { onCrash: { restart: 1, withinMs: 1 } },
      'onCrash knows no "restart": did you mean restarts?',
    ],
  ])('U7: refuses %j with the nearest name', (options, text) => {
    expect(complaint(options)).toMatch(`bad-option: ${text.replace('$', '')}`);
  });

  it('U7: passes a name over whose value is undefined', () => {
    expect(complaint({ maxSesions: undefined })).toBeUndefined();
  });

  it('U8: asks for a state where the factory takes sessions that have one', () => {
    const counting = (session: Session<{ count: number }>) => {
      void session.state.count;
      return server();
    };
    // @ts-expect-error: nothing makes the state
    createRuntime({ server: counting });
    createRuntime({ server: counting, state: () => ({ count: 0 }) });
    createRuntime<unknown>({ server });
    expect(counting).toHaveLength(1);
  });

  it('types the state in the factory after what makes it', () => {
    createRuntime({
      state: () => ({ count: 0 }),
      server: (session) => {
        expectTypeOf(session).toEqualTypeOf<Session<{ count: number }>>();
        return server();
      },
    });
  });
});

describe('settle', () => {
  it('gives a principal its share of a limit of all, where only that one is given', () => {
    const { limits } = settle({
      server,
      maxSessions: 90,
      maxHandshakes: 20,
      maxSilentConnections: 1,
    });
    expect(limits).toMatchObject({
      maxSessionsPerPrincipal: 23,
      maxHandshakesPerPrincipal: 3,
      maxSilentConnectionsPerPrincipal: 1,
    });
    const given = settle({ server, maxHandshakes: 20, maxHandshakesPerPrincipal: 50 });
    expect(given.limits).toMatchObject({
      maxHandshakesPerPrincipal: 50,
      maxSessionsPerPrincipal: 256,
    });
  });

  it('fills in the defaults, and no more', () => {
    const settings = settle({ server });
    expect(settings).toMatchObject({
      limits: DEFAULT_LIMITS,
      state: { create: undefined, version: 1, encode: undefined },
      cors: false,
      allowDelete: true,
      responseMode: 'auto',
      onCrash: 'evict',
    });
    expect(settle({ server, onCrash: 'restart' }).onCrash).toEqual({
      restarts: 3,
      withinMs: 60_000,
    });
  });
});

describe('principal, by default', () => {
  const head = { method: 'POST', headers: {} };
  const { principal } = settle({ server });
  const info = (clientId: string, extra?: Record<string, unknown>, token = 't') =>
    principal({ token, clientId, scopes: [], ...(extra && { extra }) }, head);

  it('is anonymous without auth info', () => {
    expect(principal(undefined, head)).toBeUndefined();
  });

  it('stays the same when a token is refreshed', () => {
    expect(info('app', { sub: 'ann', iss: 'i' }, 'old')).toBe(
      info('app', { sub: 'ann', iss: 'i' }, 'new'),
    );
  });

  it('never joins keys: a:b with c is not a with b:c', () => {
    const seen = [
      info('c', { sub: 'b', iss: 'a' }),
      info('c', { sub: 'a:b' }),
      info('b:c', { sub: 'a' }),
      info('c', { sub: '["a","b"]' }),
      info('["a","b"]'),
      info('c', { iss: 'b' }),
      info('c'),
    ];
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('is nobody a session can be bound to where neither subject nor client is known', () => {
    expect(info('')).toBe('');
    expect(info('', { sub: 'ann' })).not.toBe('');
  });
});

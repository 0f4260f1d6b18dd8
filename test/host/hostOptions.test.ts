import { createHost, type HostOptions } from 'mcp-actors/host';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { settleHost } from '../../src/host/hostOptions.ts';
import { SECRET } from '../support/hostRig.ts';

const base = { secret: SECRET, open: () => 1 };

describe('createHost', () => {
  it.each([
    ['secret', undefined],
    ['secret', 7],
    ['secret', 'short'],
    ['secret', []],
    ['open', undefined],
    ['open', {}],
    ['principal', 'alice'],
    ['scopeOf', []],
    ['header', 'a b'],
    ['header', ''],
    ['cookie', 'a;b'],
    ['cookie', 'a=b'],
    ['cookie', 'a\r\nSet-Cookie: x'],
    ['sameSite', 'None'],
    ['sameSite', 'Lax; Domain=example.com'],
    ['secure', 'no'],
    ['allowedHosts', 'localhost'],
    ['allowedOrigins', 7],
    ['maxSessions', 0],
    ['maxQuestions', 0],
    ['maxQuestions', Infinity],
    ['answerTimeoutMs', Infinity],
    ['openTimeoutMs', -1],
    ['maxStreams', '7'],
    ['maxInFlight', Number.NaN],
    ['onCrash', 'never'],
  ])('refuses %s: %j', (name, value) => {
    const options = { ...base, [name]: value } as unknown as HostOptions<number>;
    expect(() => createHost(options)).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message: expect.stringContaining(name) as string,
      }),
    );
  });

  it.each(['__Host-x', '__Secure-x', '__host-x'])(
    'refuses the cookie %s without secure',
    (cookie) => {
      expect(() => createHost({ ...base, secure: false, cookie })).toThrow('without secure');
      expect(() => createHost({ ...base, cookie })).not.toThrow();
    },
  );

  it('sets a cookie that fits what it was told', () => {
    expect(settleHost({ ...base, secure: false }).cookie).toEqual({
      name: 'mcp-scope',
      attributes: 'Path=/; HttpOnly; SameSite=Lax',
    });
    expect(settleHost({ ...base, sameSite: 'Strict' }).cookie).toEqual({
      name: '__Host-mcp-scope',
      attributes: 'Path=/; HttpOnly; SameSite=Strict; Secure',
    });
  });

  it('knows what its scopes work with', () => {
    const host = createHost({ ...base, open: async () => ({ tools: ['a'] }) });
    const entered = host.enter({ headers: { host: 'localhost' } });
    expectTypeOf(entered).resolves.toHaveProperty('scope');
    const names = entered.then(({ scope }) => scope.run(({ tools }) => tools));
    expectTypeOf(names).resolves.toEqualTypeOf<string[]>();
    return expect(names).resolves.toEqual(['a']);
  });
});

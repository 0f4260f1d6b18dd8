import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ScopeTokens } from '../../src/host/token.ts';

const [ONE, TWO] = ['the first secret, of 32 bytes or more', 'the second one, of 32 bytes or more'];
const ID = 'abcdefghijklmnopqrstuvwxyz';

describe('ScopeTokens', () => {
  it('signs an id and reads it back', async () => {
    const tokens = new ScopeTokens([ONE]);
    const token = await tokens.sign(ID);
    expect(token).toMatch(/^[a-z2-7]{26}\.[A-Za-z0-9_-]{43}$/);
    expect(await tokens.verify(token)).toEqual({ id: ID, isCurrent: true });
  });

  it('verifies what any of several secrets signed, and says which are on their way out', async () => {
    const old = await new ScopeTokens([ONE]).sign(ID);
    const rotated = new ScopeTokens([TWO, ONE]);
    expect(await rotated.verify(old)).toEqual({ id: ID, isCurrent: false });
    expect(await rotated.verify(await rotated.sign(ID))).toEqual({ id: ID, isCurrent: true });
  });

  it('knows no token of a secret that is gone', async () => {
    const old = await new ScopeTokens([ONE]).sign(ID);
    expect(await new ScopeTokens([TWO]).verify(old)).toBeUndefined();
  });

  it('takes the token of one id for no other', async () => {
    const tokens = new ScopeTokens([ONE]);
    const [, mac] = (await tokens.sign(ID)).split('.');
    expect(await tokens.verify(`${ID.replace('a', 'b')}.${mac}`)).toBeUndefined();
  });

  it('takes no signature that was made with the secret for something else', async () => {
    const key = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(ONE),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const mac = await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(ID));
    const token = `${ID}.${Buffer.from(mac).toString('base64url')}`;
    expect(await new ScopeTokens([ONE]).verify(token)).toBeUndefined();
  });

  it.each([
    '',
    '.',
    ID,
    `${ID}.`,
    `.${'A'.repeat(43)}`,
    `${ID}.${'A'.repeat(42)}`,
    `${ID}.${'A'.repeat(44)}`,
    `${ID}.${'A'.repeat(42)}=`,
    `${ID}.${'A'.repeat(42)}+`,
    `${ID}.a.${'A'.repeat(43)}`,
    `ä.${'A'.repeat(43)}`,
    `a b.${'A'.repeat(43)}`,
    `a\n.${'A'.repeat(43)}`,
    `${'a'.repeat(129)}.${'A'.repeat(43)}`,
    `__proto__.${'A'.repeat(43)}`,
    '\u0000',
    '😀',
  ])('verify says no to %j', async (token) => {
    expect(await new ScopeTokens([ONE]).verify(token)).toBeUndefined();
  });

  it('verify says no to whatever is not signed, and never throws', async () => {
    const tokens = new ScopeTokens([ONE]);
    const mac = fc.string({
      unit: fc.constantFrom(...'ABCxyz019_-'.split('')),
      minLength: 43,
      maxLength: 43,
    });
    const shaped = fc.tuple(fc.string(), mac).map((parts) => parts.join('.'));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: 'binary' }), shaped), async (token) => {
        expect(await tokens.verify(token)).toBeUndefined();
      }),
    );
  });

  it('verify says no to a token with any one character changed', async () => {
    const tokens = new ScopeTokens([ONE]);
    const token = await tokens.sign(ID);
    // The last one carries two bits that mean nothing.
    for (let i = 0; i < token.length - 1; i++) {
      const other = token[i] === 'x' ? 'y' : 'x';
      const forged = token.slice(0, i) + other + token.slice(i + 1);
      expect([forged, await tokens.verify(forged)]).toEqual([forged, undefined]);
    }
  });

  it.each([[[]], [['short']], [[ONE, 'short']], [['ä'.repeat(15)]]])(
    'refuses to be made of the secrets %j',
    (secrets) => {
      expect(() => new ScopeTokens(secrets)).toThrow('secret must have at least 32 bytes');
    },
  );

  it('counts the bytes of a secret, not its characters', () => {
    expect(() => new ScopeTokens(['ä'.repeat(16)])).not.toThrow();
  });
});

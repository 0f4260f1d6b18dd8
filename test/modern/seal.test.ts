import { createCipheriv, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonical, Seal } from '../../src/modern/seal.ts';

const OLD = 'an old secret of thirty-two characters';
const NEW = 'a new secret of thirty-two characters.';
const value = { c: 7, text: 'grüße 🌍', nested: [1, { a: null }] };

describe('Seal', () => {
  it('opens what it sealed, and no two tokens are alike', () => {
    const seal = Seal.of([NEW])!;
    const [one, two] = [seal.seal(value), seal.seal(value)];
    expect(seal.open(one)).toEqual(value);
    expect(one).not.toBe(two);
  });

  it('M-R1: opens no token with a character changed, at any place', () => {
    const seal = Seal.of([])!;
    const token = seal.seal(value);
    for (let i = 0; i < token.length; i++) {
      const other = token[i] === 'A' ? 'B' : 'A';
      expect(seal.open(token.slice(0, i) + other + token.slice(i + 1))).toBeUndefined();
    }
  });

  it.each([
    ['truncated', (token: string) => token.slice(0, -1)],
    ['longer', (token: string) => `${token}A`],
    ['padded', (token: string) => `${token}=`],
    ['in another alphabet', (token: string) => token.replaceAll('-', '+').replaceAll('_', '/')],
    ['of another version', (token: string) => token.replace('r1.', 'r2.')],
    ['with a blank', (token: string) => ` ${token}`],
    ['empty', () => ''],
    ['no text', () => 7],
  ])('M-R12: opens no token %s', (_what, change) => {
    const seal = Seal.of([])!;
    // One whose spelling has something to change in it.
    let token = seal.seal(value);
    while (!/[-_]/.test(token)) token = seal.seal(value);
    expect(seal.open(change(token))).toBeUndefined();
  });

  it('M-R12: opens no other spelling of the same bytes', () => {
    const seal = Seal.of([])!;
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // Behind two or three characters of the last four, the last has bits that nobody reads.
    const token = ['', 'x', 'xx']
      .map((text) => seal.seal(text))
      .find(({ length }) => (length - 'r1.'.length) % 4 !== 0)!;
    const last = ALPHABET.indexOf(token.at(-1)!);
    expect(seal.open(token)).toBeDefined();
    expect(seal.open(token.slice(0, -1) + ALPHABET[last ^ 1])).toBeUndefined();
  });

  it('opens no token with a tag cut short, which is quickly guessed', () => {
    const key = new Uint8Array(hkdfSync('sha256', NEW, '', 'mcp-actors/requestState', 32));
    const iv = new Uint8Array(12);
    const tokenOf = (text: string, tagBytes: number): string => {
      const cipher = createCipheriv('aes-256-gcm', key, iv);
      const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
      const tag = cipher.getAuthTag().subarray(0, tagBytes);
      return `r1.${Buffer.concat([iv, tag, sealed]).toString('base64url')}`;
    };
    const seal = Seal.of([NEW])!;
    expect([seal.open(tokenOf('7', 16)), seal.open(tokenOf('', 4))]).toEqual([7, undefined]);
  });

  it('opens no token of more than 256 KiB, though it sealed the token itself', () => {
    const seal = Seal.of([])!;
    const opened = [190_000, 200_000].map((length) => seal.open(seal.seal('x'.repeat(length))));
    expect(opened).toEqual(['x'.repeat(190_000), undefined]);
  });

  it('names a text in 22 characters, the same for the same text', () => {
    const [one, two] = [Seal.of([])!, Seal.of([])!];
    expect(one.digest('a')).toMatch(/^[\w-]{22}$/);
    expect(one.digest('a')).toBe(two.digest('a'));
    expect(one.digest('a')).not.toBe(one.digest('b'));
  });

  it('opens with each secret, and seals with the first', () => {
    const [before, between, after] = [Seal.of([OLD])!, Seal.of([NEW, OLD])!, Seal.of([NEW])!];
    expect(between.open(before.seal(1))).toBe(1);
    expect(after.open(between.seal(2))).toBe(2);
    expect(after.open(before.seal(3))).toBeUndefined();
  });

  it('names the node that sealed, and opens those of another with the same secret', () => {
    const [one, two, none] = [Seal.of([NEW], 'n1')!, Seal.of([NEW], 'n2')!, Seal.of([NEW])!];
    const token = one.seal(value);
    expect(token).toMatch(/^r1\.n1\.[\w-]+$/);
    for (const seal of [one, two, none]) expect(seal.open(token)).toEqual(value);
    expect(one.open(none.seal(value))).toEqual(value);
  });

  it('M-R1: opens no token that is said to be of another node, or of none', () => {
    const seal = Seal.of([NEW], 'n1')!;
    const token = seal.seal(value);
    const sealed = token.slice('r1.n1.'.length);
    for (const front of ['r1.n2.', 'r1.', 'r1.n.', 'r1.n1.n1.', 'r1..', 'r1.N1.', 'n1.']) {
      expect(seal.open(front + sealed)).toBeUndefined();
    }
    expect(seal.open(`r1.n1.${Seal.of([NEW])!.seal(value).slice('r1.'.length)}`)).toBeUndefined();
  });

  it('is of its process alone without a secret', () => {
    expect(Seal.of([])!.open(Seal.of([])!.seal(1))).toBeUndefined();
  });
});

describe('canonical', () => {
  it('is the same however members are ordered, and tells values apart', () => {
    expect(canonical({ b: [1, { d: 1, c: 2 }], a: 'x' })).toBe(
      canonical({ a: 'x', b: [1, { c: 2, d: 1 }] }),
    );
    const texts = [{ a: 1 }, { a: '1' }, [1], ['1'], null, undefined, {}, []].map(canonical);
    // `undefined` and `null` are one: JSON has only the latter.
    expect(new Set(texts).size).toBe(texts.length - 1);
  });
});

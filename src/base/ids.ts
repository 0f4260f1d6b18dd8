import { builtin } from './builtin.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const LENGTH = 26;

/**
 * A session id: 26 characters of base32, 130 random bits, visible ASCII (row S1).
 *
 * Built from character codes in one step, because a string glued together stays a rope and holds
 * several times its bytes for as long as the session lives.
 */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(LENGTH));
  const codes: number[] = [];
  for (const byte of bytes) codes.push(ALPHABET.charCodeAt(byte & 31));
  return String.fromCharCode(...codes);
}

/** What a node may be called in ids: so that whoever routes by an id finds where the name ends. */
export function isNodeName(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z0-9]{1,16}$/.test(value);
}

/**
 * An id that says which node has what the id names: `n1-…`. For whoever routes requests: the node
 * looks whole ids up, and believes no name in them.
 */
export function idOnNode(node: string | undefined, id: string): string {
  if (node === undefined) return id;
  const codes = `${node}-${id}`.split('').map((character) => character.charCodeAt(0));
  // No rope, as above.
  return String.fromCharCode(...codes);
}

/**
 * An id that a text always has, in each process, so that a store finds what was kept by it. Nobody can
 * choose a text that has the id of another: SHA-256, or the text itself where there is no Node.
 */
export function idOfText(text: string): string {
  const crypto = builtin('node:crypto');
  if (crypto === undefined) return btoa(encodeURIComponent(text)).replaceAll('=', '');
  return crypto.createHash('sha256').update(text).digest('base64url');
}

/** A random number from 1 to `most`: how far a counter leaps so as not to meet another. */
export function leap(most = 1_000_000): number {
  return 1 + (crypto.getRandomValues(new Uint32Array(1))[0]! % most);
}

/** A random number from 0 up to 1, which nobody can guess. */
export function randomFraction(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32;
}

/** Turns a secret into a name that may be logged. */
export type Digest = (text: string) => string;

/**
 * Makes a digest of 62 bits with a seed of its own: equal texts have equal names within one
 * runtime, and a name is of no use anywhere else.
 *
 * Not a cryptographic hash, and it need not be one: of an id's 130 bits it keeps 62, so at least
 * 68 stay unknown to whoever reads a log.
 */
export function createDigest(): Digest {
  const seed = crypto.getRandomValues(new Uint32Array(2));
  return (text) => {
    let high = seed[0]! ^ 0x811c9dc5;
    let low = seed[1]! ^ 0x9747b28c;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x85ebca6b) ^ (high >>> 13);
    }
    high = Math.imul(high ^ (low >>> 15), 0xc2b2ae35);
    low = Math.imul(low ^ (high >>> 13), 0x27d4eb2f);
    // Twice six characters: a text joined to fewer than thirteen is copied, a longer one is a rope.
    return (high >>> 1).toString(36).padStart(6, '0') + (low >>> 1).toString(36).padStart(6, '0');
  };
}

import { builtin } from '../base/builtin.ts';

const LABEL = 'mcp-actors/requestState';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'r1.';
/** A token, taken apart: the node that sealed it, where that has a name, and the sealed part. */
const TOKEN = /^r1\.(?:([a-z0-9]{1,16})\.)?([\w-]+)$/;
/** Longest token that is looked at: one with answers in it is as long as they. */
const MAX_LENGTH = 256 * 1024;

type Crypto = NonNullable<ReturnType<typeof builtin<'node:crypto'>>>;
type Key = ReturnType<Crypto['createSecretKey']>;

/**
 * Seals what travels through clients, so that they can neither read nor change it. The first secret
 * seals, all of them open: a new one is put in front of the old, which goes when its tokens have.
 */
export class Seal {
  readonly #crypto: Crypto;
  readonly #keys: readonly [Key, ...Key[]];
  readonly #node: string;

  private constructor(crypto: Crypto, secrets: readonly string[], node: string) {
    this.#crypto = crypto;
    const keyOf = (secret: string | Uint8Array): Key =>
      crypto.createSecretKey(
        new Uint8Array(crypto.hkdfSync('sha256', secret, new Uint8Array(0), LABEL, KEY_BYTES)),
      );
    const [first = crypto.randomBytes(KEY_BYTES), ...others] = secrets;
    this.#keys = [keyOf(first), ...others.map(keyOf)];
    this.#node = node;
  }

  /**
   * @param secrets none: one of this process alone
   * @param node the process that seals, as its tokens name it; without one they name none
   * @returns `undefined`: the host has no cryptography
   */
  static of(secrets: readonly string[], node = ''): Seal | undefined {
    const crypto = builtin('node:crypto');
    return crypto === undefined ? undefined : new Seal(crypto, secrets, node);
  }

  /** The token of a value. */
  seal(value: unknown): string {
    const iv = this.#crypto.randomBytes(IV_BYTES);
    const cipher = this.#crypto.createCipheriv(ALGORITHM, this.#keys[0], iv);
    // The name stands open in front; nobody can change the name without breaking the seal.
    cipher.setAAD(new TextEncoder().encode(this.#node));
    const text = new TextEncoder().encode(JSON.stringify(value));
    const parts = [cipher.update(text), cipher.final()];
    const sealed = base64([iv, cipher.getAuthTag(), ...parts]);
    return this.#node === '' ? PREFIX + sealed : `${PREFIX}${this.#node}.${sealed}`;
  }

  /** The value of a token; `undefined` where no secret of ours has sealed these very characters. */
  open(token: unknown): unknown {
    if (typeof token !== 'string' || token.length > MAX_LENGTH) return undefined;
    const [, node = '', sealed = ''] = TOKEN.exec(token) ?? [];
    const bytes = bytesOf(sealed);
    // Another spelling of the same bytes is no token of ours.
    if (bytes === undefined || base64([bytes]) !== sealed) return undefined;
    const name = new TextEncoder().encode(node);
    for (const key of this.#keys) {
      const text = this.#opened(bytes, name, key);
      if (text !== undefined) return JSON.parse(text) as unknown;
    }
    return undefined;
  }

  /** A short name of a text that gives nothing of the text away. */
  digest(text: string): string {
    return this.#crypto.createHash('sha256').update(text).digest('base64url').slice(0, 22);
  }

  #opened(bytes: Uint8Array, name: Uint8Array, key: Key): string | undefined {
    if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
    try {
      const cipher = this.#crypto.createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES));
      cipher.setAAD(name);
      cipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      const parts = [cipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), cipher.final()];
      return parts.map((part) => new TextDecoder().decode(part)).join('');
    } catch {
      // Forged, or another key's.
      return undefined;
    }
  }
}

/** A text that is the same for equal values, in whatever order their members are written. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`);
  return `{${members.join(',')}}`;
}

function base64(parts: readonly Uint8Array[]): string {
  let text = '';
  for (const part of parts) for (const byte of part) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function bytesOf(text: string): Uint8Array | undefined {
  if (text === '') return undefined;
  try {
    const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(plain, (each) => each.charCodeAt(0));
  } catch {
    return undefined;
  }
}

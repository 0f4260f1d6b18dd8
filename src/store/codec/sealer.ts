import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { ActorsError } from '../../base/errors.ts';

/** What the first byte of a stored value says. */
const PLAIN = 0;
const SEALED = 1;

const CIPHER = 'aes-256-gcm';
const KEY = 32;
const KEY_ID = 4;
const NONCE = 12;
const TAG = 16;
const HEAD = 1 + KEY_ID + NONCE;

/** Seals what is stored, each value for its own place: moved elsewhere, it does not open. */
export interface Sealer {
  /** Says which secret seals; `''` where none does. */
  readonly keyId: string;
  /** The ids of all secrets that open. */
  readonly keyIds: readonly string[];
  /** @param session whose key it is sealed with  @param place where it is stored */
  seal(session: string, place: string, bytes: Buffer): Buffer;
  /**
   * @throws ActorsError `secret-unknown` when another secret has sealed it
   * @throws Error when the bytes were changed, or stored for another place
   */
  open(session: string, place: string, bytes: Buffer): Buffer;
}

/**
 * The sealer of some secrets: the first seals, all open. Without one, nothing is sealed.
 *
 * @param purpose what is sealed for another purpose does not open
 */
export function sealerOf(secrets: readonly string[], purpose = 'mcp-actors/redis'): Sealer {
  const [first, ...others] = secrets.map((secret) => new Key(secret, purpose));
  return first === undefined ? plain : new KeyRing(first, others);
}

const plain: Sealer = {
  keyId: '',
  keyIds: [''],
  seal: (_session, _place, bytes) => Buffer.concat([Buffer.of(PLAIN), bytes]),
  open(_session, _place, bytes) {
    if (bytes[0] === SEALED) throw unknownSecret();
    if (bytes[0] !== PLAIN) throw new Error('The first byte is none of a stored value');
    return bytes.subarray(1);
  },
};

class KeyRing implements Sealer {
  readonly #first: Key;
  readonly #keys: readonly Key[];

  constructor(first: Key, others: readonly Key[]) {
    this.#first = first;
    this.#keys = [first, ...others];
  }

  get keyId(): string {
    return this.#first.id.toString('hex');
  }

  get keyIds(): readonly string[] {
    return this.#keys.map(({ id }) => id.toString('hex'));
  }

  seal(session: string, place: string, bytes: Buffer): Buffer {
    const { id } = this.#first;
    // Random, and a key for each session: no two values of a key meet in 2^32 of them.
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, this.#first.of(session), nonce);
    cipher.setAAD(Buffer.from(place));
    const sealed = [cipher.update(bytes), cipher.final(), cipher.getAuthTag()];
    return Buffer.concat([Buffer.of(SEALED), id, nonce, ...sealed]);
  }

  open(session: string, place: string, bytes: Buffer): Buffer {
    // What is not sealed may be anybody's.
    if (bytes[0] !== SEALED || bytes.length < HEAD + TAG) throw new Error('It is not sealed');
    const id = bytes.subarray(1, 1 + KEY_ID);
    const key = this.#keys.find((each) => timingSafeEqual(each.id, id));
    if (key === undefined) throw unknownSecret();
    const decipher = createDecipheriv(CIPHER, key.of(session), bytes.subarray(1 + KEY_ID, HEAD));
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(bytes.subarray(-TAG));
    return Buffer.concat([decipher.update(bytes.subarray(HEAD, -TAG)), decipher.final()]);
  }
}

/** What is made of one secret. */
class Key {
  readonly id: Buffer;
  readonly #root: KeyObject;

  constructor(secret: string, salt: string) {
    const derived = (purpose: string, length: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, salt, purpose, length));
    this.id = derived('key id', KEY_ID);
    this.#root = createSecretKey(derived('record', KEY));
  }

  /** The key of one session: HKDF-Expand, of which 32 bytes are the first block. */
  of(session: string): KeyObject {
    // On Node.js 24, bytes as a key take twice as long as a key that is made of them first.
    const hmac = createHmac('sha256', this.#root).update(session).update(Buffer.of(1));
    return createSecretKey(hmac.digest());
  }
}

function unknownSecret(): ActorsError {
  return new ActorsError('secret-unknown', 'What is stored was sealed with another secret');
}

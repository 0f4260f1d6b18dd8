import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import type { MessageRefusal } from '../events/clusterStats.ts';
import type { Incarnation } from './engine.ts';

/** Why a message was not opened. */
export type Unopened = Exclude<MessageRefusal, 'too-large' | 'unsendable'>;

export type Opened =
  | { readonly is: 'opened'; readonly from: Incarnation; readonly bytes: Buffer }
  | { readonly is: Unopened };

const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const KEY = 32;
const KEY_ID = 4;
const COUNTER = 8;
const NONCE = 12;
const TAG = 16;
/** Version, id of the key, counter, length of the sender's name. */
const HEAD = 1 + KEY_ID + COUNTER + 1;
const MAX_NAME = 255;

/** How much longer than its content a sealed message is, at most. */
export const SEAL_BYTES = HEAD + MAX_NAME + TAG;

/**
 * Seals what one node says to another, with AES-256-GCM. A message opens for the receiver it was sent
 * to, once, and tells who has sealed it.
 *
 * There is one seal for each process: its counter is the nonce, so a sender's name must not be used by
 * two.
 */
export class MessageSeal {
  readonly #cluster: string;
  readonly #first: Secret;
  readonly #secrets: readonly Secret[];
  #counter = 0n;
  /**
   * The last counter of each sender, by receiver. A sender is never forgotten, because what was heard of
   * the sender could be said again. Whoever has no secret adds none.
   */
  readonly #last = new Map<Incarnation, Map<Incarnation, bigint>>();

  /**
   * @param cluster a name, which all nodes of a cluster share with no other cluster
   * @param secrets the first seals, all open
   */
  constructor(cluster: string, secrets: readonly [string, ...string[]]) {
    this.#cluster = cluster;
    const [first, ...others] = secrets;
    this.#first = new Secret(first);
    this.#secrets = [this.#first, ...others.map((secret) => new Secret(secret))];
  }

  seal(from: Incarnation, to: Incarnation, bytes: Buffer): Buffer {
    const name = Buffer.from(from);
    if (name.length > MAX_NAME) throw new Error('The name of an incarnation is too long');
    const counter = Buffer.alloc(COUNTER);
    counter.writeBigUInt64BE(++this.#counter);
    const cipher = createCipheriv(CIPHER, this.#first.of(from), nonceOf(counter));
    cipher.setAAD(this.#place(to));
    const sealed = [cipher.update(bytes), cipher.final(), cipher.getAuthTag()];
    const head = [Buffer.of(VERSION), this.#first.id, counter, Buffer.of(name.length), name];
    return Buffer.concat([...head, ...sealed]);
  }

  /** @param to the incarnation at whose inbox the message arrived */
  open(to: Incarnation, message: Buffer): Opened {
    const nameAt = HEAD;
    const bytesAt = nameAt + (message[HEAD - 1] ?? 0);
    if (message[0] !== VERSION || message.length < bytesAt + TAG) return { is: 'malformed' };
    const id = message.subarray(1, 1 + KEY_ID);
    const secret = this.#secrets.find((each) => timingSafeEqual(each.id, id));
    if (secret === undefined) return { is: 'unknown-secret' };
    const from = message.toString('utf8', nameAt, bytesAt);
    const counter = message.subarray(1 + KEY_ID, 1 + KEY_ID + COUNTER);
    const decipher = createDecipheriv(CIPHER, secret.of(from), nonceOf(counter), {
      authTagLength: TAG,
    });
    decipher.setAAD(this.#place(to));
    decipher.setAuthTag(message.subarray(-TAG));
    let bytes: Buffer;
    try {
      const opened = decipher.update(message.subarray(bytesAt, -TAG));
      // The last part of a stream cipher is empty: what counts is that nothing is thrown.
      decipher.final();
      bytes = opened;
    } catch {
      return { is: 'forged' };
    }
    secret.keep(from);
    return this.#isNew(to, from, counter.readBigUInt64BE())
      ? { is: 'opened', from, bytes }
      : { is: 'replayed' };
  }

  /** What a message is sealed for, besides its content. The names can not run into each other. */
  #place(to: Incarnation): Buffer {
    return Buffer.from(JSON.stringify([this.#cluster, to]));
  }

  #isNew(to: Incarnation, from: Incarnation, counter: bigint): boolean {
    let last = this.#last.get(to);
    if (last === undefined) this.#last.set(to, (last = new Map()));
    if (counter <= (last.get(from) ?? 0n)) return false;
    last.set(from, counter);
    return true;
  }
}

/** Most keys of senders that are kept with a secret; a key is made again in microseconds. */
const MAX_KEYS = 1024;

/** What is made of one secret. */
class Secret {
  readonly id: Buffer;
  readonly #root: KeyObject;
  readonly #keys = new Map<Incarnation, KeyObject>();

  constructor(secret: string) {
    const derived = (purpose: string, length: number): Buffer =>
      Buffer.from(hkdfSync('sha256', secret, 'mcp-actors/cluster', purpose, length));
    this.id = derived('key id', KEY_ID);
    this.#root = createSecretKey(derived('frame', KEY));
  }

  /** The key of one sender: HKDF-Expand, of which 32 bytes are the first block. */
  of(sender: Incarnation): KeyObject {
    const kept = this.#keys.get(sender);
    if (kept !== undefined) return kept;
    const hmac = createHmac('sha256', this.#root).update(sender).update(Buffer.of(1));
    return createSecretKey(hmac.digest());
  }

  /** A sender that has proved itself will be heard again. */
  keep(sender: Incarnation): void {
    if (this.#keys.has(sender)) return;
    if (this.#keys.size >= MAX_KEYS) this.#keys.clear();
    this.#keys.set(sender, this.of(sender));
  }
}

function nonceOf(counter: Buffer): Buffer {
  return Buffer.concat([counter], NONCE);
}

import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** First bytes of messages by which two nodes prove themselves. */
const HELLO = 0;
const PROOF = 1;
const READY = 2;

const VERSION = 1;
const NONCE = 16;
const HEAD = 2 + NONCE;

type Role = 'dials' | 'answers';

/** What two nodes know when each has proved itself. */
export interface Greeted {
  /** The process at the other end. */
  readonly boot: string;
  /** Said on the old way when the new one is taken, by this node and by the other: bytes nobody else has. */
  readonly ownMark: Buffer;
  readonly otherMark: Buffer;
}

export interface GreetingHost {
  readonly role: Role;
  readonly boot: string;
  readonly cluster: string;
  /** The first proves, all are believed. */
  readonly secrets: readonly [string, ...string[]];
  send(message: Buffer): void;
  /** The other node has proved itself: its marks may come from now on. */
  proved(greeted: Greeted): void;
  /** The other node believes this one, too. */
  done(): void;
  /** The other end is no node of the cluster. */
  failed(): void;
}

/**
 * The first words of two nodes: each proves to the other that it has the secret of the cluster, over
 * what both have just drawn. Whoever dials proves first, so that a stranger who dials learns nothing.
 */
export class Greeting {
  readonly #host: GreetingHost;
  readonly #nonce = randomBytes(NONCE);
  #other: { readonly boot: string; readonly nonce: Buffer } | null = null;
  #isProved = false;

  constructor(host: GreetingHost) {
    this.#host = host;
  }

  begin(): void {
    const name = Buffer.from(this.#host.boot);
    this.#host.send(Buffer.concat([Buffer.of(HELLO, VERSION), this.#nonce, name]));
  }

  take(message: Buffer): void {
    const [type] = message;
    if (type === HELLO && this.#other === null) return this.#meet(message);
    if (type === PROOF && this.#other !== null && !this.#isProved) return this.#judge(message);
    if (type === READY && this.#isProved) return this.#host.done();
    this.#host.failed();
  }

  #meet(message: Buffer): void {
    if (message[1] !== VERSION || message.length <= HEAD) return this.#host.failed();
    this.#other = { boot: message.toString('utf8', HEAD), nonce: message.subarray(2, HEAD) };
    if (this.#host.role === 'dials') this.#prove();
  }

  #prove(): void {
    const { role, secrets } = this.#host;
    this.#host.send(Buffer.concat([Buffer.of(PROOF), this.#mac(secrets[0], role, 'proof')]));
  }

  #judge(message: Buffer): void {
    const { role, secrets } = this.#host;
    const other = role === 'dials' ? 'answers' : 'dials';
    const proof = message.subarray(1);
    const secret = secrets.find((each) => isEqual(proof, this.#mac(each, other, 'proof')));
    if (secret === undefined) return this.#host.failed();
    this.#isProved = true;
    if (role === 'answers') this.#prove();
    // What the dialler proved with, both have.
    const shared = role === 'dials' ? secrets[0] : secret;
    this.#host.proved({
      boot: this.#other!.boot,
      ownMark: this.#mac(shared, role, 'mark'),
      otherMark: this.#mac(shared, other, 'mark'),
    });
    this.#host.send(Buffer.of(READY));
  }

  #mac(secret: string, role: Role, purpose: string): Buffer {
    const { cluster, boot } = this.#host;
    const own = [boot, this.#nonce.toString('hex')];
    const other = [this.#other!.boot, this.#other!.nonce.toString('hex')];
    const both = this.#host.role === 'dials' ? [own, other] : [other, own];
    const key = Buffer.from(hkdfSync('sha256', secret, 'mcp-actors/cluster', 'peer', 32));
    return createHmac('sha256', key)
      .update(JSON.stringify([cluster, purpose, role, both]))
      .digest();
  }
}

function isEqual(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

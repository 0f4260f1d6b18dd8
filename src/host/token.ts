import { ActorsError } from '../base/errors.ts';

const ALGORITHM = { name: 'HMAC', hash: 'SHA-256' } as const;
const MIN_SECRET_BYTES = 32;
/** Signed with the id: a token of something else, signed with the same secret, is not accepted. */
const PURPOSE = 'mcp-actors scope ';

/**
 * Signs and verifies scope ids as a browser holds them: `<id>.<mac>`. The first secret signs, all
 * secrets verify, so a secret can be rotated without ending any user's scope.
 */
export class ScopeTokens {
  readonly #keys: Promise<CryptoKey[]>;

  /** @throws ActorsError `bad-option` for a secret of fewer than 32 bytes */
  constructor(secrets: readonly string[]) {
    const bytes = secrets.map((secret) => new TextEncoder().encode(secret));
    if (bytes.length === 0 || bytes.some(({ length }) => length < MIN_SECRET_BYTES)) {
      throw new ActorsError('bad-option', `secret must have at least ${MIN_SECRET_BYTES} bytes`);
    }
    this.#keys = Promise.all(
      bytes.map((each) =>
        crypto.subtle.importKey('raw', each, ALGORITHM, false, ['sign', 'verify']),
      ),
    );
  }

  async sign(id: string): Promise<string> {
    const [key] = await this.#keys;
    const mac = await crypto.subtle.sign(ALGORITHM, key!, signedOf(id));
    return `${id}.${toBase64Url(new Uint8Array(mac))}`;
  }

  /**
   * What a token says; `undefined` for any text that none of the secrets has signed. A token that
   * is not current was signed with a secret on its way out.
   */
  async verify(token: string): Promise<{ id: string; isCurrent: boolean } | undefined> {
    const match = /^([\x21-\x2d\x2f-\x7e]{1,128})\.([A-Za-z0-9_-]{43})$/.exec(token);
    if (match === null) return undefined;
    const [, id, text] = match;
    const mac = fromBase64Url(text!);
    for (const [index, key] of (await this.#keys).entries()) {
      const isOurs = await crypto.subtle.verify(ALGORITHM, key, mac, signedOf(id!));
      if (isOurs) return { id: id!, isCurrent: index === 0 };
    }
    return undefined;
  }
}

function signedOf(id: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(PURPOSE + id);
}

function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

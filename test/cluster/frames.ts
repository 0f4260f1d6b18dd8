import * as fc from 'fast-check';
import type { Frame } from '../../src/cluster/frame.ts';
import type { AuthInfo } from '../../src/wire/authInfo.ts';

/** Any text that a message of the protocol can be. */
const text = fc.string({ unit: 'binary' });
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined });
const count = fc.nat();
/** What JSON gives back as it was. */
const json = fc.jsonValue({ noUnicodeString: false }).map((value): unknown => {
  return JSON.parse(JSON.stringify(value));
});
const headers = fc.dictionary(fc.string({ minLength: 1 }), text);

const authInfo: fc.Arbitrary<AuthInfo> = fc
  .record(
    {
      token: text,
      clientId: text,
      scopes: fc.array(text),
      expiresAt: fc.nat(),
      resource: fc.webUrl().map((url) => new URL(url)),
      extra: fc.dictionary(fc.string(), json),
    },
    { requiredKeys: ['token', 'clientId', 'scopes'] },
  )
  .map((value) => ({ ...value }));

const kinds: { readonly [T in Frame['type']]: fc.Arbitrary<Extract<Frame, { type: T }>> } = {
  req: fc.record({
    type: fc.constant('req'),
    id: text,
    session: text,
    space: maybe(text),
    method: text,
    headers,
    url: maybe(text),
    principal: maybe(text),
    authInfo: maybe(authInfo),
    until: fc.nat(),
    isSure: fc.boolean(),
    takes: fc.boolean(),
    hasRoom: fc.boolean(),
    isHeard: fc.boolean(),
    body: maybe(text),
  }),
  ack: fc.record({ type: fc.constant('ack'), id: text }),
  nak: fc.record({
    type: fc.constant('nak'),
    id: text,
    why: fc.constantFrom('moved', 'draining', 'busy', 'suspended'),
    owner: maybe(text),
  }),
  lost: fc.record({ type: fc.constant('lost'), id: text }),
  send: fc.record({
    type: fc.constant('send'),
    id: text,
    status: count,
    headers: fc.array(text),
    body: maybe(text),
  }),
  open: fc.record({ type: fc.constant('open'), id: text, headers: fc.array(text), body: text }),
  more: fc.record({ type: fc.constant('more'), id: text, n: count, body: text }),
  end: fc.record({ type: fc.constant('end'), id: text, n: count }),
  cut: fc.record({ type: fc.constant('cut'), id: text }),
  taken: fc.record({ type: fc.constant('taken'), id: text, bytes: count }),
  gone: fc.record({ type: fc.constant('gone'), id: text }),
  released: fc.record({ type: fc.constant('released'), print: text }),
  verb: fc.record({ type: fc.constant('verb'), id: text, verb: text, about: json }),
  said: fc.record({ type: fc.constant('said'), id: text, answer: json, error: maybe(text) }),
  ping: fc.record({ type: fc.constant('ping'), n: fc.integer() }),
};

/** A frame of any type. */
export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(...Object.values(kinds));

/** One frame of each type. */
export const eachFrame: fc.Arbitrary<readonly Frame[]> = fc.tuple(...Object.values(kinds));

/** A frame with a body, for tests that look at bodies alone. */
export function more(n: number, body = ''): Extract<Frame, { type: 'more' }> {
  return { type: 'more', id: 'a#1/1', n, body };
}

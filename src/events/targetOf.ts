import { copied, cut } from '../base/cut.ts';
import { MAX_NAME_LENGTH, type NotificationMessage } from '../wire/jsonrpc.ts';

/** The member of a message's parameters that names its target, by the message's method. */
const NAMED_BY: ReadonlyMap<string, 'name' | 'uri'> = new Map([
  ['tools/call', 'name'],
  ['prompts/get', 'name'],
  ['resources/read', 'uri'],
  ['resources/subscribe', 'uri'],
  ['resources/unsubscribe', 'uri'],
  ['notifications/resources/updated', 'uri'],
]);

/** In a URI, what is a secret rather than a name: the user, and all from the query on. */
const SECRETS = /(?<=^[^/?#]*:\/\/)[^/?#]*@|[?#].*$/gs;

/**
 * The tool, prompt or resource that a message is about, by the name its server has given; up to
 * {@link MAX_NAME_LENGTH} characters of text from the wire.
 */
export function targetOf({
  method,
  params,
}: Pick<NotificationMessage, 'method' | 'params'>): string | undefined {
  const member = NAMED_BY.get(method);
  const name = member && params?.[member];
  if (typeof name !== 'string') return undefined;
  if (member === 'name') return cut(name, MAX_NAME_LENGTH);
  return copied(name.replaceAll(SECRETS, '').slice(0, MAX_NAME_LENGTH));
}

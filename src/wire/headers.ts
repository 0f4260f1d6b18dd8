import { authorityOf } from './target.ts';

/** The head of an HTTP request, whatever carried it: header names are in lower case. */
export interface RequestHead {
  readonly method: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** The authority of the request target, used where there is no `Host` header. */
  readonly host?: string | undefined;
  /** The request target, as node's http gives it. */
  readonly url?: string | undefined;
}

/** The value of a header; `undefined` where it is absent, the joined list of repeated ones. */
export function header(head: RequestHead, name: string): string | undefined {
  const value = head.headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

/**
 * The value of a header that takes one: proxies and clients with a configured header repeat a value,
 * and equal values are one. Different ones come back joined, as no valid value; an empty one is none.
 */
export function single(head: RequestHead, name: string): string | undefined {
  const value = header(head, name);
  if (value === undefined || value === '') return undefined;
  if (!value.includes(',')) return value;
  const [first, ...others] = value.split(',').map((each) => each.trim());
  return others.every((each) => each === first) ? first : value;
}

/**
 * The host that a request is for; `undefined` where the head names none. What the target of a
 * request says comes before `Host` (RFC 9112, 3.2.2; in http/2 `:authority`, RFC 9113, 8.3.1).
 */
export function hostOf(head: RequestHead): string | undefined {
  const { url = '/' } = head;
  const target = url.startsWith('/') ? header(head, ':authority') : authorityOf(url);
  return target ?? header(head, 'host') ?? head.host;
}

/** How many bytes the head declares its body to have; 0 where it declares nothing. */
export function declared(head: RequestHead): number {
  return Number(header(head, 'content-length') ?? 0);
}

/** Turns names and values that stand in turn, as node's `writeHead` has them, into pairs. */
export function headerPairs(flat: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i]!, flat[i + 1]!]);
  return pairs;
}

/** Turns them into an object, with a list for a name that comes more than once. */
export function headerObject(flat: readonly string[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (const [name, value] of headerPairs(flat)) {
    const before = object[name];
    object[name] = before === undefined ? value : [before, value].flat();
  }
  return object;
}

/** Whether a media type is `application/json`, read as a type and not as a substring (row P2). */
export function isJson(contentType: string | undefined): boolean {
  if (contentType === 'application/json') return true;
  return contentType !== undefined && mediaType(contentType) === 'application/json';
}

const FROM_SDK = 'application/json, text/event-stream';

/** Whether a client accepts JSON and event streams, as it must for a POST (row P1). */
export function acceptsBoth(accept: string | undefined): boolean {
  if (accept === FROM_SDK) return true;
  return accepts(accept, 'application/json') && accepts(accept, 'text/event-stream');
}

/** Whether a client that accepts both types names event streams first: it gets a stream then. */
export function prefersStream(accept: string | undefined): boolean {
  if (accept === undefined || accept === FROM_SDK) return false;
  const stream = accept.indexOf('text/event-stream');
  const json = accept.indexOf('application/json');
  return stream >= 0 && json >= 0 && stream < json;
}

/** Whether the list in `Accept` has a type, its range or the all-range, unless `q=0`. */
export function accepts(accept: string | undefined, type: string): boolean {
  if (accept === undefined) return false;
  const range = `${type.slice(0, type.indexOf('/'))}/*`;
  for (const part of accept.split(',')) {
    const offered = mediaType(part);
    if (offered === type || offered === range || offered === '*/*') {
      if (!/;\s*q=0(\.0{0,3})?\s*(;|$)/i.test(part)) return true;
    }
  }
  return false;
}

function mediaType(value: string): string {
  const end = value.indexOf(';');
  return (end < 0 ? value : value.slice(0, end)).trim().toLowerCase();
}

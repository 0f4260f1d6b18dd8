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
  // Shims of serverless hosts have numbers for lengths.
  const value: string | string[] | number | undefined = head.headers[name];
  if (typeof value === 'string' || value === undefined) return value;
  return typeof value === 'number' ? String(value) : value.join(', ');
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

/** Whether a body has a content coding, such as gzip, that we would have to undo. */
export function isEncoded(coding: string | undefined): boolean {
  return coding !== undefined && coding !== '' && coding.toLowerCase() !== 'identity';
}

const FROM_SDK = 'application/json, text/event-stream';

/** Whether a client accepts event streams. One that says nothing opens none (row G1). */
export function acceptsStreams(accept: string | undefined): boolean {
  return accept !== undefined && (accept === FROM_SDK || accepts(accept, 'text/event-stream'));
}

/** What a client lets an answer be; `stream`: either, and it names event streams first. */
export type AnswerForm = 'either' | 'stream' | 'json';

/**
 * Reads from `Accept` what the answer to a POST may be (row P6); `undefined`: nothing we have (row
 * P1). A client that says nothing of what it accepts takes anything (RFC 9110, 12.5.1).
 */
export function answerFormOf(accept: string | undefined): AnswerForm | undefined {
  if (accept === FROM_SDK || accept === undefined || accept === '') return 'either';
  if (!accepts(accept, 'application/json')) return undefined;
  if (!acceptsStreams(accept)) return 'json';
  const stream = accept.indexOf('text/event-stream');
  return stream >= 0 && stream < accept.indexOf('application/json') ? 'stream' : 'either';
}

/**
 * Whether a client takes an answer to its POST that there will be (row P1): errors are JSON in any
 * case.
 */
export function takesAnswers(accept: string | undefined, areStreams: boolean): boolean {
  const form = answerFormOf(accept);
  return form !== undefined && !(areStreams && form === 'json');
}

/** Whether the list in `Accept` has a type, its range or the all-range, unless `q=0`. */
function accepts(accept: string, type: string): boolean {
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

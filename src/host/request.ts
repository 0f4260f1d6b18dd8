import type { RequestHead } from '../wire/headers.ts';

/** A web request to the application: a web-standard `Request`, or one of node's http. */
export type HostRequest =
  | Request
  | {
      readonly method?: string | undefined;
      readonly headers: RequestHead['headers'];
      readonly url?: string | undefined;
    };

/** The head of a request, from whichever kind of request object. */
export function headOf(request: HostRequest): RequestHead {
  const method = request.method ?? 'GET';
  if (!isWeb(request)) return { method, headers: request.headers, url: request.url };
  return { method, headers: Object.fromEntries(request.headers), host: new URL(request.url).host };
}

/** The values of a cookie name, in the header's order: hosts of one domain can share a name. */
export function cookiesOf(cookies: string | undefined, name: string): string[] {
  const values: string[] = [];
  for (const pair of cookies?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) values.push(pair.slice(at + 1).trim());
  }
  return values;
}

/** Tells requests apart by a method, not by their class: frameworks have classes of their own. */
function isWeb(request: HostRequest): request is Request {
  return typeof request.headers.get === 'function';
}

import type { RequestHead } from '../wire/headers.ts';

/** A web request: the web-standard one, or node's. */
export type HostRequest =
  | Request
  | { readonly method?: string | undefined; readonly headers: RequestHead['headers'] };

/** The head of a request, whoever made it. */
export function headOf(request: HostRequest): RequestHead {
  const method = request.method ?? 'GET';
  if (!isWeb(request)) return { method, headers: request.headers };
  return { method, headers: Object.fromEntries(request.headers), host: new URL(request.url).host };
}

/** The values a `Cookie` header has for a name, in its order: hosts can share a name. */
export function cookiesOf(cookies: string | undefined, name: string): string[] {
  const values: string[] = [];
  for (const pair of cookies?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) values.push(pair.slice(at + 1).trim());
  }
  return values;
}

/** By what it can do, not by its class: frameworks have classes of their own. */
function isWeb(request: HostRequest): request is Request {
  return typeof request.headers.get === 'function';
}

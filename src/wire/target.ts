/** The path of a request target. */
export function pathOf(target = ''): string {
  const origin = originForm(target);
  const end = origin.indexOf('?');
  return end < 0 ? origin : origin.slice(0, end);
}

/** The query of a request target, without its `?`. */
export function queryOf(target = ''): string {
  const end = target.indexOf('?');
  return end < 0 ? '' : target.slice(end + 1);
}

/** The path that routes a request: `/mcp/` is `/mcp`, for clients and proxies add a slash. */
export function routeOf(target = ''): string {
  const path = pathOf(target);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/** The authority of a target in absolute form, as proxies send it; `undefined` for other forms. */
export function authorityOf(target: string): string | undefined {
  return ABSOLUTE.exec(target)?.[1];
}

/** A target from its path on. */
function originForm(target: string): string {
  if (target.startsWith('/')) return target;
  const [prefix = ''] = ABSOLUTE.exec(target) ?? [];
  const rest = target.slice(prefix.length);
  return prefix !== '' && !rest.startsWith('/') ? `/${rest}` : rest;
}

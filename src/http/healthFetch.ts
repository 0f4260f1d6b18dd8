import { type HealthPaths, healthProbe, type Probed } from './health.ts';

/**
 * Answers the probes of an orchestrator where requests are web-standard: `/healthz` and `/readyz`.
 * GET and HEAD are answered with counts as JSON, other methods with 405, other paths with 404.
 *
 * @throws ActorsError `bad-option` for paths that do not begin with `/`, or are the same
 */
export function healthFetch(runtime: Probed, paths?: HealthPaths): (request: Request) => Response {
  const probe = healthProbe(runtime, paths);
  return ({ method, url }) => {
    const answer = probe(method, new URL(url).pathname);
    if (answer === undefined) return new Response(null, { status: 404 });
    const { status, headers, body } = answer;
    return new Response(method === 'HEAD' ? null : body, { status, headers: { ...headers } });
  };
}

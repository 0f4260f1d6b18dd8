import { type HealthPaths, healthProbe, type Probed } from './health.ts';

/**
 * Answers the probes of an orchestrator where requests are web-standard: `/healthz` and `/readyz`.
 * Small JSON with counts; GET and HEAD only. Other paths get 404.
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

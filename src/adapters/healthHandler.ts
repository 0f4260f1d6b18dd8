import type { IncomingMessage, ServerResponse } from 'node:http';
import { type HealthPaths, healthProbe, type Probed } from '../http/health.ts';
import { pathOf } from '../wire/target.ts';

/** Answers probes on `http.createServer`, or on express with `app.use`; `next` gets other paths. */
export type HealthHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next?: (error?: unknown) => void,
) => void;

/**
 * Makes a handler for the probes of an orchestrator on node's http: `/healthz` and `/readyz`. GET
 * and HEAD are answered with counts as JSON. Every caller that reaches the handler reads the
 * counts: mount it where that is right.
 *
 * @throws ActorsError `bad-option` for paths that do not begin with `/`, or are the same
 */
export function healthHandler(runtime: Probed, paths?: HealthPaths): HealthHandler {
  const probe = healthProbe(runtime, paths);
  return (request, response, next) => {
    const { method = '', url } = request;
    const answer = probe(method, pathOf(url));
    if (answer === undefined && next !== undefined) return next();
    request.resume();
    const { status, headers, body } = answer ?? { status: 404, headers: {}, body: '' };
    response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
    response.end(method === 'HEAD' ? undefined : body);
  };
}

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Runtime } from '../runtime.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { MountOptions } from './containMounted.ts';
import { nodeHandler } from './nodeHandler.ts';

/** A request of fastify, as far as the plugin looks at it. */
export interface FastifyRequestLike {
  readonly raw: (IncomingMessage | Http2ServerRequest) & { auth?: AuthInfo | undefined };
  readonly headers: IncomingHttpHeaders;
}

interface FastifyReplyLike {
  readonly raw: ServerResponse | Http2ServerResponse;
  hijack(): unknown;
  getHeaders(): Readonly<Record<string, number | string | string[] | undefined>>;
}

interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    parser: (request: unknown, body: unknown, done: (error: null) => void) => void,
  ): unknown;
  all(
    path: string,
    handler: (request: FastifyRequestLike, reply: FastifyReplyLike) => Promise<void>,
  ): unknown;
}

/** Where {@link fastifyMcp} serves, and how it learns who calls. */
export interface FastifyMcpOptions<Request> extends MountOptions {
  /** The path of MCP, below the `prefix` of the plugin. @default '/mcp' */
  readonly path?: string;
  /**
   * Gives the caller that the host has authenticated, in a hook before or here. To refuse a caller,
   * throw: fastify answers as it does. @default `auth` of node's request
   */
  readonly authInfo?: (request: Request) => AuthInfo | undefined | Promise<AuthInfo | undefined>;
}

/** A plugin of fastify, for `app.register`. */
export type FastifyPlugin = (app: object) => Promise<void>;

/**
 * Makes a plugin that serves a runtime: `app.register(fastifyMcp(runtime))`. It is a scope of its
 * own, in which bodies are left to the runtime: their limits are its limits. What hooks have put
 * into the headers of the reply, such as those of `@fastify/cors`, goes out with each answer.
 *
 * @throws ActorsError `bad-option`
 */
export function fastifyMcp<Request = FastifyRequestLike>(
  runtime: Pick<Runtime, 'fetch'>,
  { path = '/mcp', authInfo, ...options }: FastifyMcpOptions<Request> = {},
): FastifyPlugin {
  const handler = nodeHandler(runtime, options);
  return async (scope) => {
    // Fastify is no dependency, and the types of its instance come with many parameters.
    const app = scope as FastifyLike;
    // Fastify's own would read the body, and refuse a DELETE without one.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', (_request, _body, done) => done(null));
    app.all(path, async (request, reply) => {
      const given = request as FastifyRequestLike & Request;
      const caller = authInfo === undefined ? request.raw.auth : await authInfo(given);
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders())) {
        if (value !== undefined) reply.raw.setHeader(name, value);
      }
      handler(request.raw, reply.raw, undefined, { authInfo: caller });
    });
  };
}

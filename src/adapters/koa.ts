import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Runtime } from '../runtime.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import { routeOf } from '../wire/target.ts';
import type { MountOptions } from './containMounted.ts';
import { nodeHandler } from './nodeHandler.ts';

/** A context of koa, as far as the middleware looks at it. */
export interface KoaContextLike {
  readonly req: IncomingMessage & { auth?: AuthInfo | undefined };
  readonly res: ServerResponse;
  readonly path: string;
  readonly request: object;
  /** Koa answers by itself unless this is `false`. */
  respond?: boolean | undefined;
}

/** Where {@link koaMcp} serves, and how it learns who calls. */
export interface KoaMcpOptions<Context> extends MountOptions {
  /** The path of MCP; requests for others go on. @default '/mcp' */
  readonly path?: string;
  /**
   * Gives the caller that the host has authenticated, in middleware before or here. To refuse a
   * caller, throw as in any middleware. @default `auth` of node's request
   */
  readonly authInfo?: (context: Context) => AuthInfo | undefined | Promise<AuthInfo | undefined>;
}

/** Middleware of koa, for `app.use`. */
export type KoaMiddleware = (
  context: KoaContextLike,
  next: () => Promise<unknown>,
) => Promise<unknown>;

/**
 * Makes middleware that serves a runtime: `app.use(koaMcp(runtime))`. What middleware before it has
 * set as headers goes out with each answer, and what middleware has parsed of the body is taken.
 * Middleware around it waits for the end of the response.
 *
 * @throws ActorsError `bad-option`
 */
export function koaMcp<Context = KoaContextLike>(
  runtime: Pick<Runtime, 'fetch'>,
  { path = '/mcp', authInfo, ...options }: KoaMcpOptions<Context> = {},
): KoaMiddleware {
  const handler = nodeHandler(runtime, options);
  const route = routeOf(path);
  return async (context, next) => {
    if (routeOf(context.path) !== route) return next();
    const { req, res, request } = context;
    const caller =
      authInfo === undefined ? req.auth : await authInfo(context as KoaContextLike & Context);
    const { body } = request as { readonly body?: unknown };
    const over = new Promise<void>((resolve) => res.once('close', resolve));
    context.respond = false;
    handler(req, res, body, { authInfo: caller });
    return over;
  };
}

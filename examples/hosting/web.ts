// bun web.ts, or deno serve web.ts
import { runtime } from './server.ts';

export default {
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  // Bun closes what is silent for 10 s. An open event stream may be.
  idleTimeout: 0,
  fetch(request: Request): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    return pathname === '/mcp' ? runtime.fetch(request) : new Response(null, { status: 404 });
  },
};

import { serve } from '../../src/adapters/node.ts';
import { createRuntime } from '../../src/index.ts';
import type { Scope } from '../../src/modern/options.ts';
import type { Contender, MakeServer } from './contender.ts';
import type { MakeModernServer } from './modernServers.ts';

/** More than a figure has of anything. */
const MANY = 1_000_000;

/** mcp-actors for clients of the stateless revision, all of one principal. */
export async function modern(
  make: MakeServer | MakeModernServer,
  scope: Exclude<Scope, 'function'>,
): Promise<Contender> {
  const runtime = createRuntime<unknown>({
    server: (session) => make(session.serverOptions),
    principal: () => 'bench',
    maxSessions: MANY,
    maxSessionsPerPrincipal: MANY,
    maxHandshakes: MANY,
    maxHandshakesPerPrincipal: MANY,
    maxInFlight: MANY,
    maxInFlightPerPrincipal: MANY,
    modern: {
      only: true,
      scope,
      maxParked: MANY,
      maxParkedPerPrincipal: MANY,
      maxParkedBytes: MANY * 1024,
      maxListens: MANY,
      maxListensPerPrincipal: MANY,
    },
  });
  const { port } = await serve(runtime, { port: 0 });
  return { port, busy: () => 0 };
}

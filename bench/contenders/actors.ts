// Relative imports, where a user writes 'mcp-actors' and 'mcp-actors/node': the bench measures a
// compiled copy of this very tree, never whatever `dist` holds.
import { serve } from '../../src/adapters/node.ts';
import { createRuntime } from '../../src/index.ts';
import type { Contender, MakeServer } from './contender.ts';

/** mcp-actors with its defaults. */
export async function actors(make: MakeServer): Promise<Contender> {
  const runtime = createRuntime({ server: (session) => make(session.serverOptions) });
  const { port } = await serve(runtime, { port: 0 });
  return {
    port,
    busy: () => {
      const { initializing, active, closing } = runtime.stats().sessions;
      return initializing + active + closing;
    },
  };
}

// Relative imports, where a user writes 'mcp-actors' and 'mcp-actors/node': the bench measures a
// compiled copy of this very tree, never whatever `dist` holds.
import { serve } from '../../src/adapters/node.ts';
import { createRuntime, type Runtime } from '../../src/index.ts';
import type { Contender, MakeServer } from './contender.ts';

/** mcp-actors with its defaults. @param watch who listens to it */
export async function actors(
  make: MakeServer,
  watch: (runtime: Runtime) => void = () => {},
): Promise<Contender> {
  const runtime = createRuntime<unknown>({ server: (session) => make(session.serverOptions) });
  watch(runtime);
  const { port } = await serve(runtime, { port: 0 });
  return {
    port,
    busy: () => {
      const { initializing, active, closing } = runtime.stats().sessions;
      return initializing + active + closing;
    },
  };
}

// Relative imports, where a user writes 'mcp-actors' and 'mcp-actors/node': the bench measures a
// compiled copy of this very tree, never whatever `dist` holds.
import { serve } from '../../src/adapters/node.ts';
import { createRuntime, type Runtime, type RuntimeOptions } from '../../src/index.ts';
import type { Contender, MakeServer } from './contender.ts';

type Kept = Pick<RuntimeOptions<unknown>, 'store' | 'cluster'>;

/** mcp-actors with its defaults. @param kept where its sessions are, besides its memory */
export function hosting(make: MakeServer, kept: Kept = {}): Runtime {
  return createRuntime<unknown>({ ...kept, server: (session) => make(session.serverOptions) });
}

/** A runtime behind a door. @param port of the door */
export function opened(runtime: Runtime, port: number): Contender {
  return {
    port,
    busy: () => {
      const { initializing, active, closing } = runtime.stats().sessions;
      return initializing + active + closing;
    },
  };
}

/** The door of node http. @param watch who listens to the runtime */
export async function actors(
  runtime: Runtime,
  watch: (runtime: Runtime) => void = () => {},
): Promise<Contender> {
  watch(runtime);
  const { port } = await serve(runtime, { port: 0 });
  return opened(runtime, port);
}

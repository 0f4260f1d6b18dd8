import type { Launch } from '../child/server.ts';
import type { Options } from '../options.ts';
import { interleave, type Rounds } from './interleave.ts';
import { measure, type Work } from './work.ts';

/** Figure 1: echo calls per second, many connections over more sessions. */
export function calls(options: Options, launch: Launch): Promise<Rounds<Work>> {
  const { connections, seconds, sessions, warmupSeconds } = options;
  return interleave(options, launch, async ({ server, visitors }) => {
    await visitors.visit(connections, async (visit) => {
      await visit.open(sessions);
      await visit.callFor(warmupSeconds * 1000);
    });
    return () =>
      visitors.visit(connections, (visit) => measure(server, () => visit.callFor(seconds * 1000)));
  });
}

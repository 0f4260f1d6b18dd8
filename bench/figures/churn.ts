import type { Launch } from '../child/server.ts';
import { hasSessions } from '../contenders/index.ts';
import type { Options } from '../options.ts';
import { interleave, type Rounds } from './interleave.ts';
import { measure, type Work } from './work.ts';

/** Figure 2: sessions opened (initialize, initialized) and closed (DELETE) per second. */
export function churn(options: Options, launch: Launch): Promise<Rounds<Work>> {
  const { connections, rounds, seconds, warmupSeconds } = options;
  const contenders = options.contenders.filter(hasSessions);
  return interleave({ contenders, rounds }, launch, async ({ server, visitors }) => {
    await visitors.visit(connections, (visit) => visit.churnFor(warmupSeconds * 1000));
    return () =>
      visitors.visit(connections, (visit) => measure(server, () => visit.churnFor(seconds * 1000)));
  });
}

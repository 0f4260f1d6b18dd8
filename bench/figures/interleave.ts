import { type Launch, ServerChild } from '../child/server.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Options } from '../options.ts';

export type Rounds<T> = Map<ContenderName, T[]>;

/**
 * Starts every contender, prepares each (which warms it up), then goes A B C A B C …, so that
 * whatever the machine does meanwhile happens to all of them.
 */
export async function interleave<T>(
  { contenders, rounds }: Options,
  launch: Launch,
  prepare: (server: ServerChild) => Promise<() => Promise<T>>,
): Promise<Rounds<T>> {
  const servers: ServerChild[] = [];
  const ready: { values: T[]; round: () => Promise<T> }[] = [];
  const results: Rounds<T> = new Map();
  try {
    for (const name of contenders) {
      const server = await ServerChild.start(name, launch);
      servers.push(server);
      const values: T[] = [];
      results.set(name, values);
      ready.push({ values, round: await prepare(server) });
    }
    for (let round = 0; round < rounds; round++) {
      for (const contender of ready) contender.values.push(await contender.round());
    }
    return results;
  } finally {
    for (const server of servers) await server[Symbol.asyncDispose]();
  }
}

import { type Launch, ServerChild } from '../child/server.ts';
import type { ContenderName } from '../contenders/index.ts';
import type { Visitors } from '../load/driver.ts';
import { visitorsOf } from '../load/visitors.ts';
import type { Options } from '../options.ts';

export type Rounds<T> = Map<ContenderName, T[]>;

/** A contender of an interleaved run: its process, and its clients. */
export interface Running {
  readonly server: ServerChild;
  readonly visitors: Visitors;
}

/**
 * Starts every contender, prepares each (which warms it up), then goes A B C A B C …, so that
 * whatever the machine does meanwhile happens to all of them.
 */
export async function interleave<T>(
  { contenders, rounds }: Pick<Options, 'contenders' | 'rounds'>,
  launch: Launch,
  prepare: (running: Running) => Promise<() => Promise<T>>,
): Promise<Rounds<T>> {
  const all: Running[] = [];
  const ready: { values: T[]; round: () => Promise<T> }[] = [];
  const results: Rounds<T> = new Map();
  try {
    for (const name of contenders) {
      const server = await ServerChild.start(name, launch);
      const running = { server, visitors: visitorsOf(server) };
      all.push(running);
      const values: T[] = [];
      results.set(name, values);
      ready.push({ values, round: await prepare(running) });
    }
    for (let round = 0; round < rounds; round++) {
      for (const contender of ready) contender.values.push(await contender.round());
    }
    return results;
  } finally {
    for (const { server, visitors } of all) {
      visitors.leave();
      await server[Symbol.asyncDispose]();
    }
  }
}

import { turn } from './eventually.ts';

/** Collects garbage. Needs `--expose-gc`, which vitest.config.ts asks for. */
export async function collect(): Promise<void> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error('run with --expose-gc');
  // What a turn still holds, and what finalizers set free, goes in the next round.
  for (let i = 0; i < 10; i++) {
    await turn();
    gc();
  }
}

/** How many of these are still held by somebody, by the name they were given. */
export class Sample {
  readonly #refs: { readonly name: string; readonly ref: WeakRef<object> }[] = [];

  add<T extends object>(name: string, target: T): T {
    this.#refs.push({ name, ref: new WeakRef(target) });
    return target;
  }

  get size(): number {
    return this.#refs.length;
  }

  async alive(): Promise<string[]> {
    await collect();
    return this.#refs.filter(({ ref }) => ref.deref() !== undefined).map(({ name }) => name);
  }
}
